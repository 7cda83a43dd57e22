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

package io.meru.resolve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Merges key runs into one, some keys at a time: k-way, by a tournament tree (Knuth, The Art of
 * Computer Programming, volume 3, section 5.4.1). The runs stay in use meanwhile.
 */
final class RunMerge {
  /** At 29 bits each, their numbers fit into one array of bytes. */
  static final long MAX_ROWS = 1 << 29;

  /** What is held of an input beside its keys: a cursor with an unpacked block. */
  private static final long BYTES_PER_INPUT = 2400;

  private final boolean fixedLong;
  private final List<KeyRun> inputs;
  private final List<FileKeys> files = new ArrayList<>();
  private final int[] firstRows;
  private final Source[] sources;

  /** The prefix of the key that each source stands at; the highest when it is done. */
  private final long[] heads;

  /** Losers of the matches, by node; the winner at 0. */
  private final int[] tree;

  private final int rows;
  private final long reservedBytes;
  private final KeyIndex.Builder keys;
  private final PackedInts.Builder positions;
  private AscendingInts.@Nullable Builder starts;
  private int distinct;
  private int taken;

  /** A merge of {@code inputs}, of {@link #MAX_ROWS} live rows at most. */
  RunMerge(boolean fixedLong, List<KeyRun> inputs) {
    this.fixedLong = fixedLong;
    this.inputs = inputs;
    this.sources = new Source[inputs.size()];
    Size size = Size.NONE;
    for (KeyRun run : inputs) {
      size = size.plus(run);
    }
    this.rows = (int) size.rows();
    this.firstRows = numberRows();
    this.reservedBytes = size.bytes();
    this.keys = KeyIndex.builder(fixedLong, rows, size.mergedKeyBytes());
    this.positions = new PackedInts.Builder(rows, rows - 1);
    this.heads = new long[sources.length];
    this.tree = new int[sources.length];
    Arrays.fill(tree, -1);
    for (int i = 0; i < sources.length; i++) {
      heads[i] = sources[i].next();
      enter(i);
    }
  }

  /** What a merge of some runs may take. A value that grows with each of them. */
  record Size(long rows, long keyBytes, long runs, long files) {
    static final Size NONE = new Size(0, 0, 0, 0);

    Size plus(KeyRun run) {
      return new Size(
          rows + run.liveRows(),
          keyBytes + run.index().keys().memoryBytes(),
          runs + 1,
          files + run.files().size());
    }

    /** Bytes of the merged keys: at most those of all of them, but for where blocks begin. */
    private long mergedKeyBytes() {
      return keyBytes + keyBytes / 16 + 1024;
    }

    long bytes() {
      return mergedKeyBytes()
          + PackedInts.memoryBytes(rows, rows)
          + AscendingInts.memoryBytes(rows, rows)
          + KeyRun.BYTES_PER_FILE * files
          + BYTES_PER_INPUT * runs;
    }
  }

  List<KeyRun> inputs() {
    return inputs;
  }

  /** Rows that it takes. */
  int rows() {
    return rows;
  }

  /** Bytes that it may take. */
  long reservedBytes() {
    return reservedBytes;
  }

  /**
   * Takes about {@code count} rows: a key's are taken together.
   *
   * @return whether all have been taken
   * @throws IndexTooLargeException if it would outgrow its reserve
   */
  boolean advance(long count) {
    for (long left = count; left > 0; ) {
      int winner = tree[0];
      Source source = sources[winner];
      if (source.isDone) {
        return true;
      }
      left -= take(source, heads[winner]);
      heads[winner] = source.next();
      replay(winner);
    }
    return sources[tree[0]].isDone;
  }

  /** The run of all keys, once they have been taken. */
  KeyRun build() {
    PositionIndex index =
        new PositionIndex(
            keys.build(), positions.build(), starts == null ? null : starts.build(), taken);
    return new KeyRun(index, List.copyOf(files), firstRows);
  }

  private int[] numberRows() {
    List<Integer> firsts = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < sources.length; i++) {
      KeyRun run = inputs.get(i);
      int[] shifts = new int[run.files().size()];
      boolean hasForgotten = false;
      for (int f = 0; f < shifts.length; f++) {
        FileKeys file = run.files().get(f);
        if (file.isForgotten()) {
          shifts[f] = Source.FORGOTTEN;
          hasForgotten = true;
        } else {
          shifts[f] = next - run.firstRow(f);
          firsts.add(next);
          files.add(file);
          next += (int) file.file().recordCount();
        }
      }
      sources[i] = new Source(run, shifts, hasForgotten);
    }
    firsts.add(next);
    return firsts.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Takes the key that a source stands at; returns how many rows the source has of it. */
  private int take(Source source, long prefix) {
    if (source.isPlain) {
      takeKey(source, prefix);
      takeRow(source.rank + source.shifts[0]);
      return 1;
    }
    int from = source.run.index().start(source.rank);
    int to = source.run.index().end(source.rank);
    boolean isTaken = false;
    for (int i = from; i < to; i++) {
      int row = source.row(i);
      if (row < 0) {
        continue;
      }
      if (isTaken) {
        keepStarts();
      } else {
        takeKey(source, prefix);
        isTaken = true;
      }
      takeRow(row);
    }
    return to - from;
  }

  /** Takes the key of a row to come, unless the row before has the same. */
  private void takeKey(Source source, long prefix) {
    if (!keys.add(prefix, source.cursor.array(), 0, source.cursor.length())) {
      keepStarts();
      return;
    }
    if (starts != null) {
      starts.add(taken);
    }
    distinct++;
  }

  private void takeRow(int row) {
    positions.add(row);
    taken++;
  }

  /** A key is about to get its second row: up to here each had one. */
  private void keepStarts() {
    if (starts == null) {
      starts = new AscendingInts.Builder(rows, rows);
      for (int i = 0; i < distinct; i++) {
        starts.add(i);
      }
    }
  }

  /** Lets an input play up the tree until it finds an empty seat. */
  private void enter(int input) {
    int winner = input;
    for (int node = (input + tree.length) >>> 1; node > 0; node >>>= 1) {
      int seated = tree[node];
      if (seated < 0) {
        tree[node] = winner;
        return;
      }
      if (isBelow(seated, winner)) {
        tree[node] = winner;
        winner = seated;
      }
    }
    tree[0] = winner;
  }

  /**
   * Lets the last winner, which stands at another key now, play its matches again. Who wins can't
   * be predicted, so it is computed.
   */
  private void replay(int input) {
    int winner = input;
    for (int node = (input + tree.length) >>> 1; node > 0; node >>>= 1) {
      int seated = tree[node];
      long seatedHead = heads[seated];
      long winnerHead = heads[winner];
      int swaps =
          seatedHead == winnerHead
              ? (isBelow(seated, winner) ? 1 : 0)
              : Bits.isLess(seatedHead, winnerHead);
      int difference = (seated ^ winner) & -swaps;
      tree[node] = seated ^ difference;
      winner ^= difference;
    }
    tree[0] = winner;
  }

  private boolean isBelow(int left, int right) {
    return heads[left] == heads[right]
        ? isBelowAtEqualPrefix(sources[left], sources[right])
        : heads[left] < heads[right];
  }

  /** Which of two equal keys comes first makes no difference. */
  private boolean isBelowAtEqualPrefix(Source a, Source b) {
    if (a.isDone || b.isDone || fixedLong) {
      return !a.isDone;
    }
    return Arrays.compareUnsigned(
            a.cursor.array(), 0, a.cursor.length(), b.cursor.array(), 0, b.cursor.length())
        < 0;
  }

  /** A run on its way through the merge. */
  private static final class Source {
    /** In place of a shift: the file is gone. */
    static final int FORGOTTEN = Integer.MIN_VALUE;

    final KeyRun run;
    final KeyCursor cursor;

    /** What turns a row number of the run into one of the merged run, by file. */
    private final int[] shifts;

    private final boolean needsFile;

    /** Whether it is one file whose ranks are its positions. */
    final boolean isPlain;

    int rank = -1;
    boolean isDone;

    Source(KeyRun run, int[] shifts, boolean hasForgotten) {
      this.run = run;
      this.cursor = run.index().keys().cursor();
      this.shifts = shifts;
      this.needsFile = hasForgotten;
      this.isPlain = run.isOneFile() && !hasForgotten;
    }

    /** Goes on; returns the prefix, the highest at the end. */
    long next() {
      rank++;
      isDone = !cursor.next();
      return isDone ? Long.MAX_VALUE : cursor.prefix();
    }

    /** The new number of the run's row at {@code i}; negative if its file is gone. */
    int row(int i) {
      int row = run.index().position(i);
      int shift = shifts[needsFile ? run.fileOf(row) : 0];
      return shift == FORGOTTEN ? -1 : row + shift;
    }
  }
}
