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

package io.meru.acceptance;

import io.meru.acceptance.Changes.Change;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Number of a change to its rows and the marker's. Fails once when it is told to. */
final class ItemRows extends RichFlatMapFunction<Long, Row> {
  static final String FAILURE = "The failure that the suite asked for";

  private static final long serialVersionUID = 1L;
  private static final AtomicBoolean FAIL = new AtomicBoolean();

  private transient String attempt = "";
  private transient @Nullable Long start;

  /** Has whichever job of this JVM gives the next change fail at it. */
  static void failOnce() {
    FAIL.set(true);
  }

  @Override
  public void open(OpenContext context) {
    attempt = UUID.randomUUID().toString();
    start = null;
  }

  @Override
  public void flatMap(Long n, Collector<Row> out) {
    if (FAIL.compareAndSet(true, false)) {
      throw new IllegalStateException(FAILURE);
    }
    if (start == null) {
      start = n;
    }
    Change change = Changes.at(n);
    if (change.withBefore()) {
      out.collect(row(RowKind.UPDATE_BEFORE, change.item()));
    }
    out.collect(row(change.kind(), change.item()));
    out.collect(row(RowKind.UPDATE_AFTER, new Marker(attempt, start, n).toItem()));
  }

  private static Row row(RowKind kind, Item item) {
    return Row.ofKind(kind, item.tenant(), item.id(), item.region(), item.n(), item.payload());
  }
}
