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

package io.meru.commit;

import io.meru.compaction.MergeJob;
import io.meru.config.LevelOptions;
import io.meru.io.TableFiles;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyFileOpener;
import io.meru.levelfile.MergedFileWriter;
import io.meru.levelfile.ParquetKeyFileOpener;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;

/** Puts together what merges level files of a table. */
public final class TableMerges {
  private TableMerges() {}

  /** Opens level files of {@code table} for their keys. */
  public static KeyFileOpener keyFiles(Table table, KeySpec keySpec) {
    return new ParquetKeyFileOpener(
        keySpec, (path, length) -> TableFiles.input(table.io(), path, length));
  }

  /**
   * A job whose outputs have the table's present schema, sort order and metrics.
   *
   * @param spec of inputs and outputs
   * @param options of the outputs' level
   */
  public static MergeJob job(
      Table table, KeySpec keySpec, PartitionSpec spec, LevelOptions options) {
    MergedFileWriter writer =
        new MergedFileWriter(
            table.schema(),
            keySpec,
            table.sortOrder(),
            MetricsConfig.forTable(table),
            options,
            (path, length) -> TableFiles.input(table.io(), path, length));
    return new MergeJob(
        keySpec, options, keyFiles(table, keySpec), writer, new TableLevelFileStore(table, spec));
  }
}
