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

package io.meru.compaction;

import io.meru.config.LevelOptions;
import io.meru.flush.LevelFileStore;
import io.meru.key.HashRange;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.levelfile.LevelFileWriter;
import io.meru.levelfile.MergeControl;
import io.meru.levelfile.MergedFileWriter;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.testing.Entries;
import io.meru.testing.Keys;
import io.meru.testing.Records;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.inmemory.InMemoryOutputFile;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.parquet.Parquet;

/** Files in memory to be merged, and what Iceberg's own reader sees in them. */
final class MergeTable implements LevelFileStore {
  final Schema schema;
  final Schema withLineage;
  final KeySpec spec;
  final Map<String, InMemoryOutputFile> files = new HashMap<>();
  final Set<String> discarded = new HashSet<>();
  private int names;

  /** A table whose present schema this is. */
  MergeTable(Schema schema) {
    this.schema = schema;
    this.withLineage = MetadataColumns.schemaWithRowLineage(schema);
    this.spec = KeySpec.of("t", schema);
  }

  /** One row as a reader sees it: its text, lineage included. */
  record Row(byte[] key, String text) {}

  InputFile input(String path, long length) {
    return files.get(path).toInputFile();
  }

  @Override
  public OutputFile create(LevelFileName name, PartitionTuple partition) {
    return newFile(name.format());
  }

  private InMemoryOutputFile newFile(String name) {
    InMemoryOutputFile file = new InMemoryOutputFile(name);
    files.put(name, file);
    return file;
  }

  @Override
  public void discard(String path) {
    discarded.add(path);
  }

  LevelFileName name(int level, HashRange range) {
    return new LevelFileName(level, range, spec.fingerprint(), "s", "%032x".formatted(names++));
  }

  /** Writes a level-0 file as of {@code fileSchema}. */
  String writeLevelFile(Schema fileSchema, List<Record> rows, LevelOptions options) {
    KeySpec fileSpec = KeySpec.of("t", fileSchema);
    Entries entries = Entries.of(fileSpec, fileSchema, rows);
    LevelFileName name = name(0, HashRange.ALL);
    new LevelFileWriter(
            fileSchema, fileSpec, SortOrder.unsorted(), MetricsConfig.getDefault(), options)
        .write(
            newFile(name.format()),
            entries,
            entries.all(),
            0,
            entries.size(),
            null,
            name,
            PartitionTuple.unpartitioned(0));
    return name.format();
  }

  /** Writes {@code rows} in the order of their keys by Iceberg's own Parquet writer. */
  String writeByIceberg(Schema fileSchema, List<Record> rows, Map<String, String> properties) {
    List<Record> sorted = new ArrayList<>(rows);
    sorted.sort((a, b) -> Arrays.compareUnsigned(key(a), key(b)));
    return writeInOrder(fileSchema, sorted, properties);
  }

  /** As above, for rows that are in the order of their keys. */
  String writeInOrder(Schema fileSchema, List<Record> sorted, Map<String, String> properties) {
    String name = "meru-iceberg-" + names++ + ".parquet";
    try (FileAppender<Record> appender =
        Parquet.write(newFile(name))
            .schema(fileSchema)
            .setAll(properties)
            .createWriterFunc(GenericParquetWriter::create)
            .build()) {
      appender.addAll(sorted);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return name;
  }

  byte[] key(Record row) {
    return Keys.encode(spec, schema.asStruct(), row);
  }

  long size(String path) {
    return files.get(path).toInputFile().getLength();
  }

  MergeInput whole(String path, long rows, DeletionVector deleted, long firstRowId, long sequence) {
    return MergeInput.whole(path, size(path), rows, HashRange.ALL, deleted, firstRowId, sequence);
  }

  /** All rows of a file, as Iceberg's reader sees them in the table's present schema. */
  List<Row> read(String path, long firstRowId, long sequence) {
    Map<Integer, Object> constants =
        Map.of(
            MetadataColumns.ROW_ID.fieldId(),
            firstRowId,
            MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER.fieldId(),
            sequence);
    try (CloseableIterable<Record> rows =
        Parquet.read(files.get(path).toInputFile())
            .project(withLineage)
            .createReaderFunc(
                type -> GenericParquetReaders.buildReader(withLineage, type, constants))
            .build()) {
      List<Row> result = new ArrayList<>();
      rows.forEach(row -> result.add(new Row(key(row), Records.text(row))));
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows that a merge of {@code inputs} must give, in order. */
  List<String> expected(List<MergeInput> inputs) {
    TreeMap<byte[], String> rows = new TreeMap<>(Arrays::compareUnsigned);
    for (MergeInput input : inputs) {
      List<Row> all = read(input.path(), input.firstRowId(), input.dataSequenceNumber());
      for (int i = 0; i < all.size(); i++) {
        if (takes(input, i, all.get(i).key())
            && rows.put(all.get(i).key(), all.get(i).text()) != null) {
          throw new IllegalStateException("Two live rows of one key");
        }
      }
    }
    return List.copyOf(rows.values());
  }

  static boolean takes(MergeInput input, int position, byte[] key) {
    return position >= input.fromPosition()
        && position < input.toPosition()
        && !input.deleted().contains(position)
        && input.takenHashes().contains(KeyHash.hash16(KeyHash.hash64(key, 0, key.length)));
  }

  MergeJob job(LevelOptions options) {
    MergedFileWriter writer =
        new MergedFileWriter(
            schema, spec, SortOrder.unsorted(), MetricsConfig.getDefault(), options, this::input);
    return new MergeJob(spec, options, new ParquetKeyFileOpener(spec, this::input), writer, this);
  }

  MergeTarget target(long fileBytes) {
    return new MergeTarget(1, fileBytes, PartitionTuple.unpartitioned(0), this::name);
  }

  MergeResult merge(List<MergeInput> inputs, LevelOptions options, long fileBytes) {
    return job(options).run(inputs, target(fileBytes), OutputKeys.NONE, MergeControl.NONE);
  }

  /** The outputs' rows, read with lineage that no row may inherit. */
  List<String> rows(MergeResult result) {
    return result.added().stream()
        .flatMap(file -> read(file.file().path(), 1L << 60, 1L << 60).stream())
        .map(Row::text)
        .toList();
  }
}
