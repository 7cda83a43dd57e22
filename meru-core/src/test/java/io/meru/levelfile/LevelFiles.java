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

package io.meru.levelfile;

import io.meru.config.LevelOptions;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.testing.Entries;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.SeekableInputStream;

/** Files in memory for the tests of this package, ours and Iceberg's own. */
final class LevelFiles {
  static final LevelFileName NAME =
      new LevelFileName(
          0, new HashRange(0, 0x8000), "0123abcd", "orders", "0f8fad5bd9cb469fa16570867728950e");

  private LevelFiles() {}

  static AddedFile write(
      OutputFile output, Schema schema, KeySpec spec, Entries entries, LevelOptions options) {
    return write(output, schema, spec, entries, options, MetricsConfig.getDefault());
  }

  static AddedFile write(
      OutputFile output,
      Schema schema,
      KeySpec spec,
      Entries entries,
      LevelOptions options,
      MetricsConfig metrics) {
    return new LevelFileWriter(schema, spec, SortOrder.unsorted(), metrics, options)
        .write(
            output,
            entries,
            entries.all(),
            0,
            entries.size(),
            null,
            NAME,
            PartitionTuple.unpartitioned(0));
  }

  /** Writes by Iceberg's own Parquet writer, with table properties as {@code key, value, ...}. */
  static FileAppender<Record> writeForeign(
      OutputFile output,
      Schema schema,
      List<Record> rows,
      MetricsConfig metrics,
      String... properties) {
    Parquet.WriteBuilder builder =
        Parquet.write(output)
            .schema(schema)
            .metricsConfig(metrics)
            .createWriterFunc(GenericParquetWriter::create);
    for (int i = 0; i < properties.length; i += 2) {
      builder.set(properties[i], properties[i + 1]);
    }
    try {
      FileAppender<Record> appender = builder.build();
      try (appender) {
        appender.addAll(rows);
      }
      return appender;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads as Iceberg's generic reader does. */
  static List<Record> read(InputFile input, Schema schema) {
    try (CloseableIterable<Record> rows =
        Parquet.read(input)
            .project(schema)
            .createReaderFunc(type -> GenericParquetReaders.buildReader(schema, type))
            .build()) {
      List<Record> result = new ArrayList<>();
      rows.forEach(result::add);
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ParquetMetadata footer(InputFile input) {
    try (ParquetFileReader reader = open(input)) {
      return reader.getFooter();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ParquetFileReader open(InputFile input) throws IOException {
    return ParquetFileReader.open(
        new org.apache.parquet.io.InputFile() {
          @Override
          public long getLength() {
            return input.getLength();
          }

          @Override
          public SeekableInputStream newStream() {
            org.apache.iceberg.io.SeekableInputStream stream = input.newStream();
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
        ParquetReadOptions.builder(new org.apache.parquet.conf.PlainParquetConfiguration())
            .build());
  }

  /** Opens the files whose outputs were noted. */
  static final class Memory {
    private final Map<String, InMemoryOutputFile> files = new HashMap<>();

    InMemoryOutputFile newOutput(String name) {
      InMemoryOutputFile output = new InMemoryOutputFile(name);
      files.put(name, output);
      return output;
    }

    InputFile input(String path, long length) {
      return files.get(path).toInputFile();
    }
  }
}
