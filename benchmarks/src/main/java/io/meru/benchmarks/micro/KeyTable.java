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

package io.meru.benchmarks.micro;

import io.meru.config.LevelOptions;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeySpec;
import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyFileOpener;
import io.meru.levelfile.LevelFileWriter;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.memtable.Memtable;
import io.meru.memtable.SealedMemtable;
import io.meru.row.ByteBuilder;
import io.meru.row.RowEncoder;
import io.meru.row.RowKind;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.inmemory.InMemoryFileIO;

/**
 * A table in memory whose level files share one key range: of {@code n} files, file {@code r % n}
 * holds the key of rank {@code r}, at position {@code r / n}.
 */
final class KeyTable {
  private final InMemoryFileIO io = new InMemoryFileIO();
  private final KeySpec spec;
  private final long[] ids;
  private final List<TableFile> files = new ArrayList<>();

  private final KeyEncoder keyEncoder;
  private final RowEncoder rowEncoder;
  private final BenchmarkRow values = new BenchmarkRow();
  private final ByteBuilder key = new ByteBuilder(32);
  private final ByteBuilder row = new ByteBuilder(64);

  /** Draws the keys and writes the files by the writer of level 0. */
  KeyTable(KeyType keyType, int keys, int files) {
    this.spec = keyType.spec();
    this.ids = ids(keys);
    Schema schema = keyType.schema();
    this.keyEncoder = new KeyEncoder(spec);
    this.rowEncoder = new RowEncoder(schema.asStruct());
    LevelFileWriter writer =
        new LevelFileWriter(
            schema,
            spec,
            SortOrder.unsorted(),
            MetricsConfig.getDefault(),
            LevelOptions.LEVEL_0_DEFAULTS);
    for (int file = 0; file < files; file++) {
      this.files.add(write(writer, file, files));
    }
  }

  /** Even numbers of 39 bits, scattered, ascending. */
  private static long[] ids(int count) {
    Random random = new Random(1);
    long[] ids = new long[count];
    for (int i = 0; i < count; i++) {
      ids[i] = (long) random.nextInt(1 << 15) << 24 | (long) i << 1; // the low bits make it unique
    }
    Arrays.sort(ids);
    return ids;
  }

  private TableFile write(LevelFileWriter writer, int file, int of) {
    Memtable memtable = new Memtable();
    for (int rank = file; rank < ids.length; rank += of) {
      put(memtable, ids[rank]);
    }
    SealedMemtable rows = memtable.seal();
    LevelFileName name =
        new LevelFileName(
            0, HashRange.ALL, spec.fingerprint(), "benchmark", "%032x".formatted(file));
    return writer
        .write(
            io.newOutputFile(name.format()),
            rows,
            IntStream.range(0, rows.size()).toArray(),
            0,
            rows.size(),
            null,
            name,
            PartitionTuple.unpartitioned(0))
        .file();
  }

  private void put(Memtable memtable, long id) {
    key.reset();
    keyEncoder.encode(values.set(id), RowKind.INSERT, key);
    row.reset();
    rowEncoder.encode(values, row);
    memtable.put(key, row);
  }

  KeySpec spec() {
    return spec;
  }

  /** All files, with every row live. */
  Version version() {
    return Version.of(
        1, files.stream().map(file -> new Version.LiveFile(file, DeletionVector.EMPTY)).toList());
  }

  KeyFileOpener opener() {
    return new ParquetKeyFileOpener(spec, (path, length) -> io.newInputFile(path));
  }

  /** A write buffer of the keys of these ranks, sorted. */
  SortedKeys present(int[] ranks) {
    return buffer(ranks, 0);
  }

  /** As many keys that no file has, each just above the one of its rank. */
  SortedKeys absent(int[] ranks) {
    return buffer(ranks, 1);
  }

  private SortedKeys buffer(int[] ranks, int above) {
    Memtable memtable = new Memtable();
    for (int rank : ranks) {
      put(memtable, ids[rank] + above);
    }
    return memtable.seal();
  }

  /** Where the keys of these ranks lie. */
  Map<String, DeletionVector> positions(int[] ranks) {
    Map<String, DeletionVector.Builder> builders = new HashMap<>();
    for (int rank : ranks) {
      builders
          .computeIfAbsent(
              files.get(rank % files.size()).path(), path -> new DeletionVector.Builder())
          .add(rank / files.size());
    }
    Map<String, DeletionVector> positions = new HashMap<>();
    builders.forEach((path, builder) -> positions.put(path, builder.build()));
    return positions;
  }
}
