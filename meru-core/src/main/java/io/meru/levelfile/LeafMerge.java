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

import io.meru.row.RowLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the values of one leaf column after the other from the inputs, in the order of the merge.
 * No row is ever put together. Reused from column to column.
 */
final class LeafMerge {
  /** Rows of a batch: their values stay in the processor's cache until they are encoded. */
  private static final int BATCH_ROWS = 512;

  private final LeafBatch batch = new LeafBatch();
  private final List<LeafCursor> cursors = new ArrayList<>();
  private LeafCursor[] inputs = new LeafCursor[0];

  private byte[][] arrays = new byte[BATCH_ROWS][];
  private int[] slots = new int[BATCH_ROWS];
  private int[] ids = new int[BATCH_ROWS];
  private final int[] noRegions = new int[BATCH_ROWS];

  /** Slots of longs: row i's at 8 * i, as long as each row has one. */
  private final byte[] longSlots = new byte[BATCH_ROWS * Long.BYTES];

  private final byte[][] longArrays = new byte[BATCH_ROWS][];
  private final int[] longSlotAt = new int[BATCH_ROWS];

  /** Whether all values of a batch with lists have ids, so far. */
  private boolean allIds;

  /** The output's, if ids may stand for values. */
  private @Nullable DictionaryEncoder dictionary;

  LeafMerge() {
    Arrays.fill(longArrays, longSlots);
    for (int i = 0; i < BATCH_ROWS; i++) {
      longSlotAt[i] = i * Long.BYTES;
    }
  }

  /**
   * Writes one column's chunk, but for its end.
   *
   * @param pageRows rows after which a page ends
   * @param longs takes the values too, if they are longs that are never NULL; null for nobody
   * @param progress called after each batch
   */
  void merge(
      List<LeafSource> sources,
      LeafShape shape,
      MergeRows rows,
      int pageRows,
      ColumnChunkWriter chunk,
      @Nullable LongConsumer longs,
      Runnable progress)
      throws IOException {
    while (cursors.size() < sources.size()) {
      cursors.add(new LeafCursor());
    }
    inputs = cursors.toArray(LeafCursor[]::new);
    for (int i = 0; i < sources.size(); i++) {
      inputs[i].start(sources.get(i), shape, rows.from()[i], rows.to()[i], rows.skipped().get(i));
    }
    try {
      for (int next = 0; next < rows.rows(); ) {
        int pageEnd = (int) Math.min(rows.rows(), (long) next + pageRows);
        while (next < pageEnd) {
          dictionary = chunk.needsValues() || longs != null ? null : chunk.dictionary();
          next = fill(rows.order(), next, Math.min(pageEnd, next + BATCH_ROWS), shape);
          chunk.write(batch);
          if (longs != null) {
            hand(longs);
          }
          progress.run();
        }
        chunk.endPage();
      }
    } finally {
      for (LeafCursor input : inputs) {
        input.end();
      }
      batch.release();
      Arrays.fill(arrays, null);
    }
  }

  /** Fills the batch with rows [from, end), or fewer; returns where they end. */
  private int fill(byte[] order, int from, int end, LeafShape shape) {
    int to = from;
    if (!shape.repeated() && !anyHasLevels()) {
      to =
          dictionary != null && allHaveIds()
              ? fillIds(order, from, end)
              : shape.isOfBytes() ? fillBytes(order, from, end) : fillLongs(order, from, end);
    }
    if (to > from) {
      return to;
    }
    return shape.repeated()
        ? fillRepeated(order, from, end, shape)
        : fillFlat(order, from, end, shape);
  }

  private boolean anyHasLevels() {
    boolean any = false;
    for (LeafCursor input : inputs) {
      any |= input.hasLevels && input.rowsLeft > 0;
    }
    return any;
  }

  private boolean allHaveIds() {
    boolean all = true;
    for (LeafCursor input : inputs) {
      all &= input.hasIds || input.isExhausted();
    }
    return all;
  }

  /** Rows with one value each whose ids in the output's dictionary are known. */
  private int fillIds(byte[] order, int from, int end) {
    LeafCursor[] cursor = inputs;
    int row = from;
    for (int i = 0; row < end; row++, i++) {
      LeafCursor input = cursor[order[row] & 0xff];
      int value = input.value;
      if (value == input.fullEnd) {
        input.refill(dictionary);
        if (input.hasLevels || !input.hasIds) {
          break;
        }
        value = input.value;
      }
      ids[i] = input.ids[value];
      input.value = value + 1;
    }
    batch.takeIds(row - from, ids);
    return row;
  }

  /** Rows with one value each, up to where a page with levels begins. */
  private int fillLongs(byte[] order, int from, int end) {
    LeafCursor[] cursor = inputs;
    int row = from;
    for (int slot = 0; row < end; row++, slot += Long.BYTES) {
      LeafCursor input = cursor[order[row] & 0xff];
      int value = input.value;
      if (value == input.fullEnd) {
        input.refill(dictionary);
        if (input.hasLevels) {
          break;
        }
        value = input.value;
      }
      RowLayout.putLong(longSlots, slot, input.longs[value]);
      input.value = value + 1;
    }
    batch.takeValues(row - from, longArrays, noRegions, longSlotAt);
    return row;
  }

  private int fillBytes(byte[] order, int from, int end) {
    LeafCursor[] cursor = inputs;
    int row = from;
    for (int i = 0; row < end; row++, i++) {
      LeafCursor input = cursor[order[row] & 0xff];
      int value = input.value;
      if (value == input.fullEnd) {
        input.refill(dictionary);
        if (input.hasLevels) {
          break;
        }
        value = input.value;
      }
      arrays[i] = input.array;
      slots[i] = input.slots[value];
      input.value = value + 1;
    }
    batch.takeValues(row - from, arrays, noRegions, slots);
    return row;
  }

  /** Rows with NULLs among them. */
  private int fillFlat(byte[] order, int from, int end, LeafShape shape) {
    boolean ofBytes = shape.isOfBytes();
    int max = shape.maxDefinition();
    batch.resetFlat(BATCH_ROWS);
    byte[] levels = batch.definitionLevels();
    int[] rowValues = batch.rowValues();
    boolean allIds = dictionary != null;
    int values = 0;
    for (int row = from, i = 0; row < end; row++, i++) {
      LeafCursor input = inputs[order[row] & 0xff];
      if (input.isExhausted()) {
        input.refill(dictionary);
      }
      rowValues[i] = values;
      int level = max;
      int value = input.value;
      if (input.hasLevels) {
        level = input.definition[input.level++];
        input.rowsLeft--;
        input.fullEnd = level == max ? value + 1 : value;
      }
      levels[i] = (byte) level;
      if (level == max) {
        input.value = value + 1;
        allIds &= input.hasIds;
        if (allIds) {
          ids[values] = input.ids[value];
        }
        if (ofBytes) {
          arrays[values] = input.array;
          slots[values] = input.slots[value];
        } else {
          RowLayout.putLong(longSlots, values << 3, input.longs[value]);
        }
        values++;
      }
    }
    batch.endFlat(
        end - from, values, ofBytes ? arrays : longArrays, noRegions, ofBytes ? slots : longSlotAt);
    if (allIds) {
      batch.setIds(ids);
    }
    return end;
  }

  /** Rows with lists. */
  private int fillRepeated(byte[] order, int from, int end, LeafShape shape) {
    batch.reset(BATCH_ROWS, true);
    SlotRoom room = new SlotRoom();
    allIds = dictionary != null;
    for (int row = from; row < end; row++) {
      LeafCursor input = inputs[order[row] & 0xff];
      if (input.isExhausted()) {
        input.refill(dictionary);
      }
      batch.startRow();
      if (input.hasLevels) {
        addRow(input, shape, room);
      } else {
        addValue(input, shape, room, 0, shape.maxDefinition());
      }
    }
    batch.end();
    if (allIds) {
      batch.setIds(ids);
    }
    return end;
  }

  private void addRow(LeafCursor input, LeafShape shape, SlotRoom room) {
    input.rowsLeft--;
    do {
      int definition = input.definition[input.level];
      int repetition = input.repetition[input.level];
      input.level++;
      if (definition == shape.maxDefinition()) {
        addValue(input, shape, room, repetition, definition);
        input.fullEnd = input.value;
      } else {
        batch.addNull(repetition, definition);
      }
    } while (input.level < input.levelEnd && input.repetition[input.level] > 0);
  }

  private void addValue(
      LeafCursor input, LeafShape shape, SlotRoom room, int repetition, int definition) {
    int value = input.value++;
    allIds &= input.hasIds;
    if (allIds) {
      if (ids.length == batch.values()) {
        ids = Arrays.copyOf(ids, 2 * ids.length);
      }
      ids[batch.values()] = input.ids[value];
    }
    if (shape.isOfBytes()) {
      batch.addValue(input.array, 0, input.slots[value], repetition, definition);
    } else {
      int slot = room.add(input.longs[value]);
      batch.addValue(room.array, 0, slot, repetition, definition);
    }
  }

  private void hand(LongConsumer consumer) {
    for (int i = 0; i < batch.rows(); i++) {
      consumer.accept(RowLayout.getLong(batch.arrays()[i], batch.slots()[i]));
    }
  }

  /** Slots for longs. An array that is full is left to the batch, and another one begun. */
  private final class SlotRoom {
    private byte[] array = longSlots;
    private int size;

    int add(long value) {
      if (size == array.length) {
        array = new byte[longSlots.length];
        size = 0;
      }
      int slot = size;
      RowLayout.putLong(array, slot, value);
      size += Long.BYTES;
      return slot;
    }
  }
}
