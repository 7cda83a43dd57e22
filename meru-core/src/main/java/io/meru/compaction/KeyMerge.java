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

import io.meru.error.DuplicateKeyException;
import io.meru.key.SortedKeys;
import io.meru.levelfile.MergeRows;
import io.meru.row.ByteBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Merges the keys of the inputs, and nothing but the keys, by a tournament tree (Knuth, The Art of
 * Computer Programming, volume 3, section 5.4.1). What it says of a row is the number of its input:
 * all else follows, since each input's rows are taken in order.
 */
final class KeyMerge {
  private static final int ROWS_PER_TICK = 1 << 12;

  private final boolean fixedLong;
  private final KeySource[] sources;

  /** What each source stands at, in signed order; the highest when it is done. */
  private final long[] heads;

  private final boolean[] done;

  /** Losers of the matches, by node; the winner at 0. */
  private final int[] tree;

  private final long[] from;
  private final long[] to;
  private final ByteBuilder first = new ByteBuilder(64);
  private final ByteBuilder last = new ByteBuilder(64);
  private boolean any;
  private long lastHead;
  private int lastSource;

  /** Stands before the first key. */
  KeyMerge(boolean fixedLong, List<KeySource> sources) {
    this.fixedLong = fixedLong;
    this.sources = sources.toArray(KeySource[]::new);
    int count = this.sources.length;
    this.heads = new long[count];
    this.done = new boolean[count];
    this.tree = new int[count];
    this.from = new long[count];
    this.to = new long[count];
    Arrays.fill(tree, -1);
    for (int i = 0; i < count; i++) {
      to[i] = this.sources[i].input().fromPosition();
      advance(i);
      enter(i);
    }
  }

  /** Whether all keys have been taken. */
  boolean isDone() {
    return sources.length == 0 || done[tree[0]];
  }

  /** Forgets the first key: the next one is another output's first. */
  void startFile() {
    first.reset();
  }

  /** The first key since {@link #startFile}. */
  byte[] firstKey() {
    return Arrays.copyOf(first.array(), first.size());
  }

  /** The key taken last. */
  byte[] lastKey() {
    if (fixedLong) {
      putLong(last, lastHead);
    }
    return Arrays.copyOf(last.array(), last.size());
  }

  /**
   * Takes up to {@code order.length} keys.
   *
   * @param keys gets each
   * @param tick called now and then
   * @throws DuplicateKeyException if a key comes twice, or before a lower one
   */
  MergeRows take(byte[] order, OutputKeys keys, Runnable tick) {
    System.arraycopy(to, 0, from, 0, to.length);
    int taken = 0;
    while (taken < order.length && !isDone()) {
      int end = Math.min(order.length, taken + ROWS_PER_TICK);
      taken = fixedLong ? takeLongs(order, taken, end, keys) : takeBytes(order, taken, end, keys);
      tick.run();
    }
    List<@Nullable BitSet> skipped = new ArrayList<>();
    for (KeySource source : sources) {
      skipped.add(source.skipped());
    }
    return new MergeRows(order, taken, from.clone(), to.clone(), skipped);
  }

  private int takeLongs(byte[] order, int start, int end, OutputKeys keys) {
    ByteBuilder key = last;
    for (int row = start; row < end; row++) {
      int winner = tree[0];
      if (done[winner]) {
        return row;
      }
      long head = heads[winner];
      if (head <= lastHead && any) {
        throw notAscending(winner);
      }
      putLong(key, head);
      takeFirst(key.array(), 0, Long.BYTES);
      keys.add(head ^ Long.MIN_VALUE, key.array(), 0, Long.BYTES);
      lastHead = head;
      lastSource = winner;
      any = true;
      order[row] = (byte) winner;
      to[winner] = sources[winner].position() + 1L;
      advance(winner);
      replayLongs(winner);
    }
    return end;
  }

  private int takeBytes(byte[] order, int start, int end, OutputKeys keys) {
    for (int row = start; row < end; row++) {
      int winner = tree[0];
      if (done[winner]) {
        return row;
      }
      long head = heads[winner];
      KeySource source = sources[winner];
      byte[] array = source.array();
      int offset = source.offset();
      int length = source.length();
      if (head <= lastHead && any && !isAboveLast(head, array, offset, length)) {
        throw notAscending(winner);
      }
      takeFirst(array, offset, length);
      keys.add(head ^ Long.MIN_VALUE, array, offset, length);
      last.reset();
      last.append(array, offset, length);
      lastHead = head;
      lastSource = winner;
      any = true;
      order[row] = (byte) winner;
      to[winner] = source.position() + 1L;
      advance(winner);
      replay(winner);
    }
    return end;
  }

  private boolean isAboveLast(long head, byte[] array, int offset, int length) {
    return head == lastHead
        && Arrays.compareUnsigned(array, offset, offset + length, last.array(), 0, last.size()) > 0;
  }

  private void takeFirst(byte[] array, int offset, int length) {
    if (first.size() == 0) {
      first.append(array, offset, length);
    }
  }

  private static void putLong(ByteBuilder target, long head) {
    target.reset();
    target.appendLongBigEndian(head ^ Long.MIN_VALUE);
  }

  private DuplicateKeyException notAscending(int source) {
    byte[] lastBytes = lastKey();
    KeySource at = sources[source];
    boolean sameFile = source == lastSource;
    String before =
        sameFile
            ? "an earlier row"
            : "%s has at row %d".formatted(sources[lastSource].input().path(), to[lastSource] - 1);
    return new DuplicateKeyException(
        ("Cannot merge %s: the key of row %d does not follow the one that %s (%s). %s They stay as"
                + " they are.")
            .formatted(
                at.input().path(),
                at.position(),
                before,
                HexFormat.of().formatHex(lastBytes),
                sameFile
                    ? "The file is not sorted by key, though its name says that it is a level file."
                    : "Both rows are live, and a level file is not sorted or its key stands in both."));
  }

  private void advance(int source) {
    KeySource keys = sources[source];
    if (keys.next()) {
      heads[source] = keys.prefix() ^ Long.MIN_VALUE;
    } else {
      done[source] = true;
      heads[source] = Long.MAX_VALUE;
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

  /** Who wins can't be predicted, so it is computed. */
  private void replayLongs(int input) {
    int winner = input;
    for (int node = (input + tree.length) >>> 1; node > 0; node >>>= 1) {
      int seated = tree[node];
      long seatedHead = heads[seated];
      long winnerHead = heads[winner];
      int swaps =
          seatedHead == winnerHead ? (done[seated] ? 0 : 1) : isLess(seatedHead, winnerHead);
      int difference = (seated ^ winner) & -swaps;
      tree[node] = seated ^ difference;
      winner ^= difference;
    }
    tree[0] = winner;
  }

  private void replay(int input) {
    int winner = input;
    for (int node = (input + tree.length) >>> 1; node > 0; node >>>= 1) {
      int seated = tree[node];
      long seatedHead = heads[seated];
      long winnerHead = heads[winner];
      int swaps =
          seatedHead == winnerHead
              ? (isBelow(seated, winner) ? 1 : 0)
              : isLess(seatedHead, winnerHead);
      int difference = (seated ^ winner) & -swaps;
      tree[node] = seated ^ difference;
      winner ^= difference;
    }
    tree[0] = winner;
  }

  private boolean isBelow(int left, int right) {
    if (heads[left] != heads[right]) {
      return heads[left] < heads[right];
    }
    if (done[left] || done[right] || fixedLong) {
      return !done[left];
    }
    KeySource a = sources[left];
    KeySource b = sources[right];
    return Arrays.compareUnsigned(
            a.array(),
            a.offset(),
            a.offset() + a.length(),
            b.array(),
            b.offset(),
            b.offset() + b.length())
        < 0;
  }

  /** 1 if {@code left < right}, else 0, without a branch. */
  private static int isLess(long left, long right) {
    return (int) (((left & ~right) | (~(left ^ right) & (left - right))) >>> 63);
  }

  /** Prefix of the first key since {@link #startFile}. */
  long firstPrefix() {
    return SortedKeys.prefixOf(first.array(), 0, first.size());
  }

  /** Prefix of the key taken last. */
  long lastPrefix() {
    return lastHead ^ Long.MIN_VALUE;
  }
}
