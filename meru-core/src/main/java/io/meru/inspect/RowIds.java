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

package io.meru.inspect;

import io.meru.error.CorruptFileException;
import io.meru.io.TableFiles;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.KeyFileOpener;
import io.meru.levelfile.ParquetKeyFileOpener;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Types;

/**
 * Finds row ids that more than one live row has, or that are not assigned yet. A row's id is what
 * its file stores in {@code _row_id}; where that is NULL, or the file lacks the column, it is the
 * file's first row id + the row's position. Ids are marked in a bitmap, one slice of them after the
 * other, each taking a pass over the stored ids.
 */
final class RowIds {
  /** Ids of one slice: 64 MiB. */
  static final int SLICE = 1 << 29;

  private static final int MAX_SUSPECTS = 10_000;
  private static final int PLACES_SHOWN = 10;

  /** Takes the id of one row. */
  private interface IdConsumer {
    void accept(long position, long id);
  }

  private final KeyFileOpener storedIds;
  private final long nextRowId;
  private final int slice;
  private final Findings findings;
  private final Set<String> unreadable = new HashSet<>();

  /**
   * @param nextRowId the table's next row id
   * @param slice number of ids looked at in one pass
   */
  RowIds(Table table, long nextRowId, int slice, Findings findings) {
    // what reads key columns reads this one, too: as if it were the key
    this.storedIds =
        new ParquetKeyFileOpener(
            KeySpec.of(
                table.name(),
                new Schema(
                    List.of(
                        Types.NestedField.required(
                            MetadataColumns.ROW_ID.fieldId(),
                            MetadataColumns.ROW_ID.name(),
                            Types.LongType.get())),
                    Set.of(MetadataColumns.ROW_ID.fieldId()))),
            (path, length) -> TableFiles.input(table.io(), path, length));
    this.nextRowId = nextRowId;
    this.slice = slice;
    this.findings = findings;
  }

  /** Checks the live rows of {@code files}. */
  void check(List<LiveRows> files) {
    List<LiveRows> withIds = files.stream().filter(file -> hasIds(file)).toList();
    TreeSet<Long> suspects = new TreeSet<>();
    for (long from = 0; from < nextRowId; from += slice) {
      collectSuspects(withIds, from, Math.min(nextRowId, from + slice), suspects);
    }
    checkAssigned(withIds);
    if (!suspects.isEmpty()) {
      report(withIds, suspects);
    }
  }

  /** A file has none while no commit was made since the table got format version 3. */
  private static boolean hasIds(LiveRows file) {
    return file.file().firstRowId() != null;
  }

  private void collectSuspects(List<LiveRows> files, long from, long to, Set<Long> suspects) {
    long[] seen = new long[(int) ((to - from + Long.SIZE - 1) / Long.SIZE)];
    for (LiveRows file : files) {
      forEach(
          file,
          (position, id) -> {
            if (id >= from && id < to) {
              int word = (int) ((id - from) >>> 6);
              long bit = 1L << (id - from);
              if ((seen[word] & bit) != 0 && suspects.size() < MAX_SUSPECTS) {
                suspects.add(id);
              }
              seen[word] |= bit;
            }
          });
    }
  }

  private void checkAssigned(List<LiveRows> files) {
    for (LiveRows file : files) {
      forEach(
          file,
          (position, id) -> {
            if (id < 0 || id >= nextRowId) {
              findings.error(
                  Invariant.ROW_ID_ASSIGNED,
                  file.file().location(),
                  position,
                  "a row id below %d, the table's next".formatted(nextRowId),
                  "row id %d".formatted(id));
            }
          });
    }
  }

  private void report(List<LiveRows> files, Set<Long> suspects) {
    Map<Long, List<String>> places = new TreeMap<>();
    for (LiveRows file : files) {
      forEach(
          file,
          (position, id) -> {
            if (suspects.contains(id)) {
              List<String> known = places.computeIfAbsent(id, same -> new ArrayList<>(2));
              if (known.size() < PLACES_SHOWN) {
                known.add("row %d of %s".formatted(position, file.file().location()));
              }
            }
          });
    }
    places.forEach(
        (id, where) ->
            findings.error(
                Invariant.UNIQUE_ROW_ID,
                null,
                null,
                "one live row with row id %d".formatted(id),
                String.join(", ", where)));
  }

  private void forEach(LiveRows file, IdConsumer consumer) {
    Long first = file.file().firstRowId();
    Positions positions = new Positions(file, first == null ? 0 : first, consumer);
    try (KeyFile ids = storedIds.open(file.file().location(), file.file().fileSizeInBytes())) {
      ids.readAll(
          (position, array, offset, length) ->
              positions.stored(position, ByteBuffer.wrap(array).getLong(offset) ^ Long.MIN_VALUE));
      positions.end();
    } catch (CorruptFileException e) {
      if (unreadable.add(file.file().location())) {
        findings.error(
            Invariant.FILE_READABLE,
            file.file().location(),
            null,
            "row ids that can be read",
            String.valueOf(e.getMessage()));
      }
    }
  }

  /** Puts the ids that follow from positions between those that are stored. */
  private static final class Positions {
    private final LiveRows file;
    private final long firstRowId;
    private final IdConsumer consumer;
    private long next;

    Positions(LiveRows file, long firstRowId, IdConsumer consumer) {
      this.file = file;
      this.firstRowId = firstRowId;
      this.consumer = consumer;
    }

    void stored(long position, long id) {
      implicitUpTo(position);
      accept(position, id);
      next = position + 1;
    }

    void end() {
      implicitUpTo(file.file().recordCount());
    }

    private void implicitUpTo(long end) {
      for (; next < end; next++) {
        accept(next, firstRowId + next);
      }
    }

    private void accept(long position, long id) {
      if (!file.deleted().contains(position)) {
        consumer.accept(position, id);
      }
    }
  }
}
