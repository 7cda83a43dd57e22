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
import io.meru.levelfile.MergedFileWriter;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Metrics;
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
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;
import org.apache.iceberg.parquet.Parquet;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.DelegatingSeekableInputStream;

/** What the tests do to single files of a {@link MergeTable}. */
final class MergeFiles {
  private MergeFiles() {}

  static byte[] bytes(MergeTable table, String path) {
    return table.files.get(path).toByteArray();
  }

  static void replace(MergeTable table, String path, byte[] bytes) {
    InMemoryOutputFile file = new InMemoryOutputFile(path);
    try (PositionOutputStream out = file.create()) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    table.files.put(path, file);
  }

  /** The metrics that Iceberg's own writer states of the rows of a file of the merge. */
  static Metrics metricsByIceberg(MergeTable table, String path) {
    Schema schema = table.withLineage;
    FileAppender<Record> appender;
    try (CloseableIterable<Record> rows =
        Parquet.read(table.files.get(path).toInputFile())
            .project(schema)
            .createReaderFunc(
                type ->
                    GenericParquetReaders.buildReader(
                        schema,
                        type,
                        Map.of(
                            MetadataColumns.ROW_ID.fieldId(),
                            1L << 60,
                            MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER.fieldId(),
                            1L << 60)))
            .build()) {
      appender =
          Parquet.write(new InMemoryOutputFile())
              .schema(schema)
              .metricsConfig(MetricsConfig.getDefault())
              .createWriterFunc(GenericParquetWriter::create)
              .build();
      try (appender) {
        appender.addAll(rows);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return appender.metrics();
  }

  /** What is stored as row ids, with nothing inherited. */
  static List<Long> rowIds(MergeTable table, AddedFile file) {
    Schema schema = new Schema(MetadataColumns.ROW_ID);
    List<Long> ids = new ArrayList<>();
    try (CloseableIterable<Record> rows =
        Parquet.read(table.files.get(file.file().path()).toInputFile())
            .project(schema)
            .createReaderFunc(
                type ->
                    GenericParquetReaders.buildReader(
                        schema, type, Map.of(MetadataColumns.ROW_ID.fieldId(), 1L << 61)))
            .build()) {
      rows.forEach(row -> ids.add((Long) row.get(0)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ids;
  }

  static Map<String, String> footer(MergeTable table, String path) {
    InputFile input = table.files.get(path).toInputFile();
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            new org.apache.parquet.io.InputFile() {
              @Override
              public long getLength() {
                return input.getLength();
              }

              @Override
              public org.apache.parquet.io.SeekableInputStream newStream() {
                SeekableInputStream stream = input.newStream();
                return new DelegatingSeekableInputStream(stream) {
                  @Override
                  public long getPos() throws IOException {
                    return stream.getPos();
                  }

                  @Override
                  public void seek(long position) throws IOException {
                    stream.seek(position);
                  }
                };
              }
            },
            ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      return reader.getFooter().getFileMetaData().getKeyValueMetaData();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A job whose outputs fail after some bytes. */
  static MergeJob jobOnFailingStore(MergeTable table, LevelOptions options) {
    LevelFileStore store =
        new LevelFileStore() {
          @Override
          public OutputFile create(LevelFileName name, PartitionTuple partition) {
            return new FailingFile(name.format());
          }

          @Override
          public void discard(String path) {
            table.discard(path);
          }
        };
    MergedFileWriter writer =
        new MergedFileWriter(
            table.schema,
            table.spec,
            SortOrder.unsorted(),
            MetricsConfig.getDefault(),
            options,
            table::input);
    return new MergeJob(
        table.spec, options, new ParquetKeyFileOpener(table.spec, table::input), writer, store);
  }

  private record FailingFile(String location) implements OutputFile {
    @Override
    public PositionOutputStream create() {
      return new PositionOutputStream() {
        private int written;

        @Override
        public long getPos() {
          return written;
        }

        @Override
        public void write(int b) throws IOException {
          if (++written > 200) {
            throw new IOException("No space left");
          }
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite() {
      return create();
    }

    @Override
    public InputFile toInputFile() {
      throw new UnsupportedOperationException();
    }
  }
}
