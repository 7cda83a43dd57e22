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

import io.meru.error.CorruptFileException;
import io.meru.error.UnsupportedTableException;
import io.meru.version.DeletionVector;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.deletes.PositionDeleteIndex;
import org.apache.iceberg.io.FileIO;

/**
 * Iceberg's position deletes to {@link DeletionVector} and back. The bytes pass between the two
 * forms as one block, not position by position: a {@code deletion-vector-v1} blob is
 *
 * <ul>
 *   <li>length of what follows up to the checksum, 4 bytes, big-endian
 *   <li>magic number {@value #MAGIC}, 4 bytes, little-endian
 *   <li>number of 32-bit bitmaps, 8 bytes, little-endian
 *   <li>for each: the high 32 bits of its positions, 4 bytes, little-endian, and the portable
 *       Roaring form, which is {@link DeletionVector#serialize}'s
 *   <li>CRC-32 from magic number to last bitmap, 4 bytes, big-endian
 * </ul>
 *
 * @see <a href="https://iceberg.apache.org/puffin-spec/#deletion-vector-v1-blob-type">Puffin
 *     spec</a>
 */
public final class DeletionVectors {
  private static final int MAGIC = 1681511377;
  private static final int BITMAPS_AT = 2 * Integer.BYTES;
  private static final int FIRST_KEY_AT = BITMAPS_AT + Long.BYTES;
  private static final int FIRST_BITMAP_AT = FIRST_KEY_AT + Integer.BYTES;

  private DeletionVectors() {}

  /**
   * Reads what is deleted of {@code dataFile}: a deletion vector, or position delete files of
   * format version 2, which may name other data files as well.
   *
   * @param deletes the delete files that apply to the data file, as a scan's plan lists them
   * @throws IllegalArgumentException if one of them is an equality delete
   * @throws UnsupportedTableException if a position is 2^31 or above
   * @throws CorruptFileException if a deletion vector's bytes contradict its checksum or the
   *     manifest
   */
  public static DeletionVector load(FileIO io, List<DeleteFile> deletes, String dataFile) {
    if (deletes.isEmpty()) {
      return DeletionVector.EMPTY;
    }
    for (DeleteFile file : deletes) {
      if (file.content() == FileContent.EQUALITY_DELETES) {
        throw new IllegalArgumentException(
            "Cannot read what is deleted of %s: %s holds equality deletes, not positions"
                .formatted(dataFile, file.location()));
      }
    }
    return toVector(read(io, deletes, dataFile), dataFile);
  }

  private static PositionDeleteIndex read(FileIO io, List<DeleteFile> deletes, String dataFile) {
    // null: read in this thread, not in Iceberg's pool
    BaseDeleteLoader loader = new BaseDeleteLoader(io::newInputFile, null);
    try {
      return loader.loadPositionDeletes(deletes, dataFile);
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(
          "Cannot read what is deleted of %s: %s does not hold what its manifest says"
              .formatted(dataFile, deletes.stream().map(DeleteFile::location).toList()),
          e);
    }
  }

  /**
   * The positions of {@code index}.
   *
   * @param dataFile the file whose positions they are, for the message
   * @throws UnsupportedTableException if a position is 2^31 or above
   */
  public static DeletionVector toVector(PositionDeleteIndex index, String dataFile) {
    if (index.isEmpty()) {
      return DeletionVector.EMPTY;
    }
    ByteBuffer blob = index.serialize().order(ByteOrder.LITTLE_ENDIAN);
    if (blob.getLong(BITMAPS_AT) != 1 || blob.getInt(FIRST_KEY_AT) != 0) {
      throw tooLarge(dataFile);
    }
    byte[] bytes = new byte[blob.limit() - FIRST_BITMAP_AT - Integer.BYTES];
    blob.get(FIRST_BITMAP_AT, bytes);
    try {
      return DeletionVector.deserialize(bytes);
    } catch (IllegalArgumentException e) {
      throw tooLarge(dataFile);
    }
  }

  /**
   * Has {@code writer} write {@code vector} as the whole deletion vector of {@code path}: give it
   * previous and new positions in one, and {@code path -> null} as the writer's previous deletes.
   */
  public static void write(
      DVFileWriter writer,
      String path,
      DeletionVector vector,
      PartitionSpec spec,
      StructLike partition) {
    writer.delete(path, toIndex(vector), spec, partition);
  }

  /**
   * An index of the positions of {@code vector}. Its {@link PositionDeleteIndex#deleteFiles} is a
   * stand-in, so don't pass it to Iceberg as previous deletes: it would be listed as removed.
   */
  static PositionDeleteIndex toIndex(DeletionVector vector) {
    byte[] blob = blob(vector.serialize());
    DeleteFile standIn =
        FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned())
            .ofPositionDeletes()
            .withFormat(FileFormat.PUFFIN)
            .withPath("in-memory")
            .withFileSizeInBytes(blob.length)
            .withReferencedDataFile("in-memory")
            .withContentOffset(0)
            .withContentSizeInBytes(blob.length)
            .withRecordCount(vector.cardinality())
            .build();
    return PositionDeleteIndex.deserialize(blob, standIn);
  }

  private static UnsupportedTableException tooLarge(String dataFile) {
    return new UnsupportedTableException(
        ("Cannot update %s: a position above %d is deleted in it. Rewrite it into files of fewer"
                + " rows.")
            .formatted(dataFile, DeletionVector.MAX_POSITION));
  }

  private static byte[] blob(byte[] bitmap) {
    byte[] blob = new byte[FIRST_BITMAP_AT + bitmap.length + Integer.BYTES];
    int checked = blob.length - 2 * Integer.BYTES;
    ByteBuffer buffer = ByteBuffer.wrap(blob);
    buffer.putInt(checked);
    buffer.order(ByteOrder.LITTLE_ENDIAN).putInt(MAGIC).putLong(1).putInt(0).put(bitmap);
    CRC32 crc = new CRC32();
    crc.update(blob, Integer.BYTES, checked);
    buffer.order(ByteOrder.BIG_ENDIAN).putInt((int) crc.getValue());
    return blob;
  }
}
