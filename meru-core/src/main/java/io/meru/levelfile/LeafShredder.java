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
import java.util.List;

/**
 * Walks rows down the path of one Parquet leaf column and collects where its values lie, with the
 * repetition and definition levels that Parquet's nested encoding asks for.
 */
final class LeafShredder {
  /** What lies in a slot on the way to the leaf. */
  enum Kind {
    /** The value itself. */
    LEAF,
    /** A region; the path goes on in one slot of it. */
    STRUCT,
    /** A list. */
    LIST,
    /** The keys of a map. */
    MAP_KEYS,
    /** The values of a map. */
    MAP_VALUES
  }

  /**
   * One step of the path.
   *
   * @param name for messages
   * @param kind what lies in the slot
   * @param optional whether it may be NULL
   * @param slot for a slot of a row, struct or variant: which one; unused for elements
   * @param slots for the same: of how many
   */
  record Step(String name, Kind kind, boolean optional, int slot, int slots) {}

  private final Step[] path;
  private final int maxDefinitionLevel;
  private final int[] repetitionLevelOfStep;
  private final boolean repeated;

  /** Walks {@code path}, from the row down. */
  LeafShredder(List<Step> path) {
    this.path = path.toArray(Step[]::new);
    this.repetitionLevelOfStep = new int[this.path.length];
    int definition = 0;
    int repetition = 0;
    for (int i = 0; i < this.path.length; i++) {
      definition += this.path[i].optional() ? 1 : 0;
      if (isRepeated(this.path[i].kind())) {
        definition++;
        repetition++;
      }
      repetitionLevelOfStep[i] = repetition;
    }
    this.maxDefinitionLevel = definition;
    this.repeated = repetition > 0;
  }

  /** Collects the column's values in {@code batch}. */
  void shred(RowBatch rows, LeafBatch batch) {
    Step first = path[0];
    if (path.length == 1 && !rows.hasNull(first.slot())) {
      batch.takeRows(rows, RowLayout.bitmapBytes(first.slots()) + (first.slot() << 3));
      return;
    }
    batch.reset(rows.size(), repeated);
    byte[][] arrays = rows.arrays();
    int[] offsets = rows.offsets();
    for (int row = 0; row < rows.size(); row++) {
      batch.startRow();
      shred(batch, 0, arrays[row], offsets[row], first.slots(), first.slot(), 0, 0);
    }
    batch.end();
  }

  /** The definition level of a value that is there. */
  int maxDefinitionLevel() {
    return maxDefinitionLevel;
  }

  private static boolean isRepeated(Kind kind) {
    return kind == Kind.LIST || kind == Kind.MAP_KEYS || kind == Kind.MAP_VALUES;
  }

  private void shred(
      LeafBatch batch,
      int depth,
      byte[] array,
      int region,
      int slots,
      int slot,
      int repetition,
      int definition) {
    Step step = path[depth];
    if (RowLayout.isNull(array, region, slot)) {
      refuseNullOfRequired(step);
      batch.addNull(repetition, definition);
      return;
    }
    int present = step.optional() ? definition + 1 : definition;
    if (step.kind() == Kind.LEAF) {
      int slotAt = region + RowLayout.bitmapBytes(slots) + (slot << 3);
      batch.addValue(array, region, slotAt, repetition, present);
      return;
    }
    int start = region + RowLayout.offset(RowLayout.slot(array, region, slots, slot));
    switch (step.kind()) {
      case STRUCT -> {
        Step next = path[depth + 1];
        shred(batch, depth + 1, array, start, next.slots(), next.slot(), repetition, present);
      }
      case LIST -> shredElements(batch, depth, array, start, repetition, present);
      case MAP_KEYS ->
          shredElements(batch, depth, array, part(array, start, 0), repetition, present);
      case MAP_VALUES ->
          shredElements(batch, depth, array, part(array, start, 1), repetition, present);
      default -> throw new IllegalStateException("No way on from " + step);
    }
  }

  private static int part(byte[] array, int mapRegion, int slot) {
    return mapRegion + RowLayout.offset(RowLayout.slot(array, mapRegion, 2, slot));
  }

  private void shredElements(
      LeafBatch batch, int depth, byte[] array, int list, int repetition, int definition) {
    int count = (int) RowLayout.getLong(array, list);
    if (count == 0) {
      batch.addNull(repetition, definition);
      return;
    }
    int region = list + Long.BYTES;
    shred(batch, depth + 1, array, region, count, 0, repetition, definition + 1);
    int repeated = repetitionLevelOfStep[depth];
    for (int i = 1; i < count; i++) {
      shred(batch, depth + 1, array, region, count, i, repeated, definition + 1);
    }
  }

  private static void refuseNullOfRequired(Step step) {
    if (!step.optional()) {
      throw new IllegalArgumentException(
          ("Cannot write a NULL to '%s', which the table's schema declares required. Make the column"
                  + " optional, or filter such rows before the sink.")
              .formatted(step.name()));
    }
  }
}
