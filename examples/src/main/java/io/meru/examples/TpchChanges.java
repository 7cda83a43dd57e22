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

package io.meru.examples;

import io.trino.tpch.LineItem;
import io.trino.tpch.LineItemGenerator;
import io.trino.tpch.Order;
import io.trino.tpch.OrderGenerator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;

/**
 * The changes of one TPC-H table, the same ones each time: first the load, then rounds of updates
 * in the manner of TPC-H's refresh functions, over the orders of the load in the order of their
 * keys. In each round
 *
 * <pre>
 *   1 % of the orders are followed by a new order with a key that the load left free   (RF1)
 *   1 % are deleted, with their lines; a deleted order does not come back              (RF2)
 *   10 % change their status, and so do their lines
 * </pre>
 *
 * <p>What happens to an order is a function of its number and the round, so no state is kept and a
 * stream can be replayed from any place.
 */
final class TpchChanges implements Iterator<Change> {
  private enum Action {
    NONE,
    STATUS,
    COPY,
    DELETE
  }

  private final TpchTable table;
  private final double scaleFactor;
  private final int rounds;
  private final Queue<Change> pending = new ArrayDeque<>();
  private int round;
  private Iterator<Order> orders;
  private Iterator<LineItem> lines;
  private @Nullable LineItem nextLine;

  /**
   * @param scaleFactor 1 means 1,500,000 orders and 6,000,000 lines
   * @param rounds rounds of updates after the load
   */
  TpchChanges(TpchTable table, double scaleFactor, int rounds) {
    this.table = table;
    this.scaleFactor = scaleFactor;
    this.rounds = rounds;
    this.orders = new OrderGenerator(scaleFactor, 1, 1).iterator();
    this.lines = new LineItemGenerator(scaleFactor, 1, 1).iterator();
  }

  @Override
  public boolean hasNext() {
    while (pending.isEmpty() && readOrder()) {
      // the next order may have no change in this round
    }
    return !pending.isEmpty();
  }

  @Override
  public Change next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return pending.remove();
  }

  /** Puts the changes of the next order into the queue; false at the end of the last round. */
  private boolean readOrder() {
    if (!orders.hasNext()) {
      if (round == rounds) {
        return false;
      }
      round++;
      orders = new OrderGenerator(scaleFactor, 1, 1).iterator();
      lines = new LineItemGenerator(scaleFactor, 1, 1).iterator();
      nextLine = null;
    }
    Order order = orders.next();
    List<LineItem> itsLines = readLines(order);
    long number = order.getRowNumber();
    long key = order.getOrderKey();
    if (round == 0) {
      add(RowKind.INSERT, order, itsLines, key, 0);
    } else if (isAliveBefore(round, number)) {
      switch (action(number, round)) {
        case STATUS -> add(RowKind.UPDATE_AFTER, order, itsLines, key, statusChanges(number));
        case COPY -> add(RowKind.INSERT, order, itsLines, freeKey(key), 0);
        case DELETE -> add(RowKind.DELETE, order, itsLines, key, 0);
        case NONE -> {}
      }
    }
    return true;
  }

  /** The lines that follow in the lines' generator, which runs along with the orders'. */
  private List<LineItem> readLines(Order order) {
    List<LineItem> found = new ArrayList<>(7);
    if (table == TpchTable.ORDERS) {
      return found;
    }
    while (nextLine != null || lines.hasNext()) {
      LineItem line = nextLine != null ? nextLine : lines.next();
      if (line.getOrderKey() != order.getOrderKey()) {
        nextLine = line;
        return found;
      }
      nextLine = null;
      found.add(line);
    }
    return found;
  }

  private void add(RowKind kind, Order order, List<LineItem> itsLines, long key, int version) {
    if (table == TpchTable.ORDERS) {
      addRow(kind, TpchTable.orderRow(order, key, version));
    } else {
      itsLines.forEach(line -> addRow(kind, TpchTable.lineRow(line, key, version)));
    }
  }

  private void addRow(RowKind kind, Object[] row) {
    pending.add(new Change(kind, kind == RowKind.DELETE ? table.keyOnly(row) : row));
  }

  /** TPC-H uses 8 of 32 keys and leaves the others to its refresh functions. */
  private long freeKey(long key) {
    return key | (1 + round % 3) << 3;
  }

  private static boolean isAliveBefore(int round, long number) {
    for (int earlier = 1; earlier < round; earlier++) {
      if (action(number, earlier) == Action.DELETE) {
        return false;
      }
    }
    return true;
  }

  private int statusChanges(long number) {
    int changes = 0;
    for (int past = 1; past <= round; past++) {
      changes += action(number, past) == Action.STATUS ? 1 : 0;
    }
    return changes;
  }

  private static Action action(long number, int round) {
    int percent = (int) Long.remainderUnsigned(mix(number * 1_000 + round), 100);
    if (percent < 1) {
      return Action.COPY;
    } else if (percent < 2) {
      return Action.DELETE;
    }
    return percent < 12 ? Action.STATUS : Action.NONE;
  }

  /** SplitMix64's finaliser: neighbouring numbers give unrelated results. */
  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
