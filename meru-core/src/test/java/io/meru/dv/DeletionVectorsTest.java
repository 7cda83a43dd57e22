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

package io.meru.dv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.CorruptFileException;
import io.meru.error.UnsupportedTableException;
import io.meru.version.DeletionVector;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.deletes.PositionDeleteIndex;
import org.apache.iceberg.deletes.PositionDeleteIndexUtil;
import org.apache.iceberg.inmemory.InMemoryFileIO;
import org.apache.iceberg.io.DeleteWriteResult;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.parquet.Parquet;
import org.junit.jupiter.api.Test;

class DeletionVectorsTest {
  private static final long SEED = Long.getLong("meru.seed", 20251122L);
  private static final PartitionSpec SPEC = PartitionSpec.unpartitioned();
  private static final String FILE = "s3://bucket/table/data/a.parquet";
  private static final String OTHER = "s3://bucket/table/data/b.parquet";

  // all instances of InMemoryFileIO share their files
  private final String folder = "s3://bucket/" + UUID.randomUUID();
  private final String puffin = folder + "/dv.puffin";
  private final InMemoryFileIO io = new InMemoryFileIO();

  @Test
  void positions_survive_the_way_to_an_index_and_back() {
    Random random = new Random(SEED);
    for (int round = 0; round < 40; round++) {
      DeletionVector vector = vector(random, 1 + random.nextInt(20_000));
      PositionDeleteIndex index = DeletionVectors.toIndex(vector);

      assertThat(index.cardinality()).as("seed %d", SEED).isEqualTo(vector.cardinality());
      vector.forEach(position -> assertThat(index.isDeleted(position)).isTrue());
      assertThat(DeletionVectors.toVector(index, FILE)).isEqualTo(vector);
    }
  }

  @Test
  void positions_that_iceberg_collected_are_read() {
    PositionDeleteIndex index = PositionDeleteIndexUtil.merge(List.of());
    index.delete(5);
    index.delete(70_000, 90_000);
    DeletionVector vector = DeletionVectors.toVector(index, FILE);
    assertThat(vector.cardinality()).isEqualTo(20_001);
    assertThat(vector.contains(5)).isTrue();
    assertThat(vector.contains(89_999)).isTrue();
    assertThat(DeletionVectors.toVector(PositionDeleteIndex.empty(), FILE).isEmpty()).isTrue();
  }

  @Test
  void puffin_files_of_icebergs_own_writer_hold_the_vectors() throws IOException {
    DeletionVector first = vector(new Random(SEED), 10_000);
    DeletionVector second = DeletionVector.of(1, 3);
    List<DeleteFile> files = puffin(first, second).deleteFiles();

    assertThat(files).hasSize(2);
    assertThat(DeletionVectors.load(io, List.of(of(files, FILE)), FILE)).isEqualTo(first);
    assertThat(DeletionVectors.load(io, List.of(of(files, OTHER)), OTHER)).isEqualTo(second);
    assertThat(of(files, FILE).recordCount()).isEqualTo(first.cardinality());
  }

  @Test
  void written_vectors_remove_no_other_file() throws IOException {
    DeleteWriteResult result = puffin(DeletionVector.of(7), DeletionVector.of(1));
    assertThat(result.rewrittenDeleteFiles()).isEmpty();
    assertThat(result.referencedDataFiles()).hasSize(2);
  }

  @Test
  void position_delete_files_of_version_2_are_read_for_the_one_data_file() throws IOException {
    DeleteFile first = positionDeletes("d1", FILE, 1, FILE, 9, OTHER, 4);
    DeleteFile second = positionDeletes("d2", FILE, 2, FILE, 9);
    assertThat(DeletionVectors.load(io, List.of(first, second), FILE))
        .isEqualTo(DeletionVector.of(1, 2, 9));
    assertThat(DeletionVectors.load(io, List.of(first, second), OTHER))
        .isEqualTo(DeletionVector.of(4));
  }

  @Test
  void no_delete_file_means_nothing_deleted() {
    assertThat(DeletionVectors.load(io, List.of(), FILE)).isEqualTo(DeletionVector.EMPTY);
  }

  @Test
  void refuses_equality_deletes() {
    DeleteFile equality =
        FileMetadata.deleteFileBuilder(SPEC)
            .ofEqualityDeletes(1)
            .withPath("s3://bucket/table/data/eq.parquet")
            .withFormat(FileFormat.PARQUET)
            .withFileSizeInBytes(10)
            .withRecordCount(1)
            .build();
    assertThatThrownBy(() -> DeletionVectors.load(io, List.of(equality), FILE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            ("Cannot read what is deleted of %s: s3://bucket/table/data/eq.parquet holds equality"
                    + " deletes, not positions")
                .formatted(FILE));
  }

  @Test
  void refuses_positions_beyond_the_limit() {
    for (long position : new long[] {1L << 31, 1L << 32, 5L << 32}) {
      PositionDeleteIndex index = PositionDeleteIndexUtil.merge(List.of());
      index.delete(position);
      assertThatThrownBy(() -> DeletionVectors.toVector(index, FILE))
          .isInstanceOf(UnsupportedTableException.class)
          .hasMessage(
              "Cannot update %s: a position above 2147483647 is deleted in it. Rewrite it into files"
                      .formatted(FILE)
                  + " of fewer rows.");
    }
  }

  @Test
  void a_damaged_blob_names_both_files() throws IOException {
    DeleteFile file = of(puffin(DeletionVector.of(7), DeletionVector.of(1)).deleteFiles(), FILE);
    byte[] bytes = io.newInputFile(puffin).newStream().readAllBytes();
    bytes[file.contentOffset().intValue() + file.contentSizeInBytes().intValue() - 5] ^= 1;
    io.deleteFile(puffin);
    io.addFile(puffin, bytes);
    assertThatThrownBy(() -> DeletionVectors.load(io, List.of(file), FILE))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "Cannot read what is deleted of %s: [%s] does not hold what its".formatted(FILE, puffin)
                + " manifest says")
        .hasRootCauseMessage("Invalid CRC");
  }

  private DeleteWriteResult puffin(DeletionVector first, DeletionVector second) throws IOException {
    DVFileWriter writer = new BaseDVFileWriter(() -> io.newOutputFile(puffin), path -> null);
    try (writer) {
      DeletionVectors.write(writer, FILE, first, SPEC, null);
      DeletionVectors.write(writer, OTHER, second, SPEC, null);
    }
    return writer.result();
  }

  private DeleteFile positionDeletes(String name, Object... pathsAndPositions) throws IOException {
    String path = folder + "/" + name + ".parquet";
    Schema schema = new Schema(MetadataColumns.DELETE_FILE_PATH, MetadataColumns.DELETE_FILE_POS);
    FileAppender<Record> appender =
        Parquet.write(io.newOutputFile(path))
            .schema(schema)
            .createWriterFunc(GenericParquetWriter::create)
            .build();
    try (appender) {
      for (int i = 0; i < pathsAndPositions.length; i += 2) {
        GenericRecord row = GenericRecord.create(schema);
        row.set(0, pathsAndPositions[i]);
        row.set(1, ((Integer) pathsAndPositions[i + 1]).longValue());
        appender.add(row);
      }
    }
    return FileMetadata.deleteFileBuilder(SPEC)
        .ofPositionDeletes()
        .withPath(path)
        .withFormat(FileFormat.PARQUET)
        .withFileSizeInBytes(appender.length())
        .withRecordCount(pathsAndPositions.length / 2)
        .build();
  }

  private static DeleteFile of(List<DeleteFile> files, String dataFile) {
    return files.stream()
        .filter(file -> dataFile.equals(file.referencedDataFile()))
        .findFirst()
        .orElseThrow();
  }

  private static DeletionVector vector(Random random, int count) {
    DeletionVector.Builder builder = new DeletionVector.Builder();
    int bound = 1 << (4 + random.nextInt(24));
    for (int i = 0; i < count; i++) {
      builder.add(random.nextInt(bound));
    }
    return builder.build();
  }
}
