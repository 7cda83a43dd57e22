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

import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.Lineage;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionData;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/** Meru's data files to Iceberg's and back. */
public final class IcebergFiles {
  private IcebergFiles() {}

  /** What the manifest will say of {@code added}. */
  static DataFile toDataFile(Table table, AddedFile added) {
    TableFile file = added.file();
    PartitionSpec spec = spec(table, file);
    DataFiles.Builder builder =
        DataFiles.builder(spec)
            .withPath(file.path())
            .withFormat(FileFormat.PARQUET)
            .withFileSizeInBytes(file.fileSizeBytes())
            .withMetrics(added.metrics())
            .withSplitOffsets(added.splitOffsets())
            .withSortOrderId(added.sortOrderId());
    if (spec.isPartitioned()) {
      builder.withPartition(toPartition(spec.partitionType(), file.partition()));
    }
    return builder.build();
  }

  /**
   * What finding keys needs of {@code file}.
   *
   * @throws UnsupportedTableException if keys of the file could not be found or deleted
   */
  public static TableFile toTableFile(KeySpec keySpec, DataFile file, PartitionSpec spec) {
    checkSupported(keySpec, file);
    String path = file.location();
    PrefixBounds bounds = PrefixBounds.of(keySpec.columns().get(0), file);
    return new TableFile(
        path,
        file.fileSizeInBytes(),
        file.recordCount(),
        toTuple(spec, file.partition()),
        levelName(keySpec, path),
        bounds.min(),
        bounds.max());
  }

  /** The partition of {@code file} as Iceberg names it in paths; empty if there is but one. */
  public static String partitionPath(PartitionSpec spec, TableFile file) {
    return spec.isPartitioned()
        ? spec.partitionToPath(toPartition(spec.partitionType(), file.partition()))
        : "";
  }

  /** What {@code file}'s commit gave to it. */
  static Lineage lineage(DataFile file) {
    Long firstRowId = file.firstRowId();
    Long sequenceNumber = file.dataSequenceNumber();
    return sequenceNumber == null
        ? Lineage.UNSEEN
        : new Lineage(firstRowId == null ? Lineage.NONE : firstRowId, sequenceNumber);
  }

  private static void checkSupported(KeySpec keySpec, DataFile file) {
    if (file.format() != FileFormat.PARQUET) {
      throw new UnsupportedTableException(
          ("Cannot update table %s: its data file %s is %s, and Meru finds keys in Parquet files"
                  + " only. Rewrite the table's data files as Parquet, then restart.")
              .formatted(keySpec.table(), file.location(), file.format()));
    }
    if (file.recordCount() - 1 > DeletionVector.MAX_POSITION) {
      throw new UnsupportedTableException(
          ("Cannot update table %s: its data file %s has %d rows, and Meru deletes in files of up to"
                  + " 2^31 rows only. Rewrite it into smaller files, then restart.")
              .formatted(keySpec.table(), file.location(), file.recordCount()));
    }
  }

  /** Null for a foreign file, and for a level file that is sorted by another key than today's. */
  private static @Nullable LevelFileName levelName(KeySpec keySpec, String path) {
    return LevelFileName.parse(path)
        .filter(name -> name.fingerprint().equals(keySpec.fingerprint()))
        .orElse(null);
  }

  private static PartitionSpec spec(Table table, TableFile file) {
    PartitionSpec spec = table.specs().get(file.partition().specId());
    if (spec == null) {
      throw new UnsupportedTableException(
          ("Cannot add %s to table %s: it was written for partition spec %d, which the table no"
                  + " longer has. Restart the job from an older checkpoint.")
              .formatted(file.path(), table.name(), file.partition().specId()));
    }
    return spec;
  }

  private static PartitionTuple toTuple(PartitionSpec spec, StructLike partition) {
    List<Types.NestedField> fields = spec.partitionType().fields();
    List<@Nullable ByteBuffer> values = new ArrayList<>(fields.size());
    for (int i = 0; i < fields.size(); i++) {
      Type type = fields.get(i).type();
      values.add(Conversions.toByteBuffer(type, partition.get(i, Object.class)));
    }
    return new PartitionTuple(spec.specId(), Collections.unmodifiableList(values));
  }

  static PartitionData toPartition(Types.StructType type, PartitionTuple tuple) {
    PartitionData partition = new PartitionData(type);
    for (int i = 0; i < tuple.values().size(); i++) {
      Object value = Conversions.fromByteBuffer(type.fields().get(i).type(), tuple.values().get(i));
      partition.set(i, value instanceof CharSequence text ? text.toString() : value);
    }
    return partition;
  }
}
