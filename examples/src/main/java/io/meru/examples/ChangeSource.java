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

import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Number of a change to the change, as Flink's row. Numbers only grow within one attempt; after a
 * restore the changes before the first number asked for are generated and left out.
 */
final class ChangeSource implements GeneratorFunction<Long, RowData> {
  /** Rows given out by all sources of this JVM, those of failed attempts included. */
  static final AtomicLong ROWS = new AtomicLong();

  /** For {@code failAt}: no failure. */
  static final long NEVER = -1;

  private static final AtomicBoolean FAILED = new AtomicBoolean();

  private static final long serialVersionUID = 1;

  private final TpchTable table;
  private final double scaleFactor;
  private final int rounds;
  private final long failAt;
  private transient @Nullable Iterator<Change> changes;
  private transient long position;

  /**
   * @param failAt number of the change before which the job fails, once in this JVM's life
   */
  ChangeSource(TpchTable table, double scaleFactor, int rounds, long failAt) {
    this.table = table;
    this.scaleFactor = scaleFactor;
    this.rounds = rounds;
    this.failAt = failAt;
  }

  @Override
  public RowData map(Long number) {
    if (number == failAt && FAILED.compareAndSet(false, true)) {
      System.out.println(
          "       the job fails here, on purpose, and restarts from its last checkpoint");
      throw new IllegalStateException("A failure on purpose");
    }
    Iterator<Change> source = changes;
    if (source == null) {
      source = new TpchChanges(table, scaleFactor, rounds);
      changes = source;
    }
    for (; position < number; position++) {
      source.next();
    }
    position++;
    ROWS.incrementAndGet();
    return Rows.toRowData(source.next());
  }
}
