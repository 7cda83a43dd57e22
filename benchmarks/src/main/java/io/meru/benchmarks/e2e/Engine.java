/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
 * in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the License
 * is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express
 * or implied. See the License for the specific language governing permissions and limitations under
 * the License.
 */

package io.meru.benchmarks.e2e;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;

/** A sink under test and its table. */
interface Engine {
  /** Creates the empty table that rows of {@code workload} go to. */
  void createTable(Workload workload) throws Exception;

  /** Ends {@code rows} in the engine's sink, at the stream's parallelism. */
  void attach(DataStream<RowData> rows) throws Exception;

  /**
   * Whether readers see checkpoint {@code checkpointId} of the job that runs now. Polled every
   * millisecond: cheap while nothing has changed.
   */
  boolean isVisible(long checkpointId) throws Exception;

  /** Names of the engines, in the order of the report. */
  enum Kind {
    /** Throws rows away: what source and checkpoints cost. */
    BLACKHOLE,
    /** Iceberg's sink, appending: the floor. */
    APPEND,
    /** Iceberg's sink, upserting by equality deletes. */
    UPSERT,
    /** Paimon's primary-key table with deletion vectors. */
    PAIMON,
    /** Meru with the codec that all engines use, and without compaction. */
    MERU,
    /** Meru with no option set. */
    MERU_DEFAULTS;

    /** As options and reports name it. */
    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether Meru's sink writes the table. */
    boolean isMeru() {
      return this == MERU || this == MERU_DEFAULTS;
    }

    static Kind of(String label) {
      return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** The engine with its table in directory {@code directory}. */
    Engine open(Path directory) {
      return switch (this) {
        case BLACKHOLE -> new BlackholeEngine();
        case APPEND -> new IcebergEngine(directory, false);
        case UPSERT -> new IcebergEngine(directory, true);
        case PAIMON -> new PaimonEngine(directory);
        case MERU -> new MeruEngine(directory, MeruEngine.COMPARABLE);
        case MERU_DEFAULTS -> new MeruEngine(directory, Map.of());
      };
    }
  }
}
