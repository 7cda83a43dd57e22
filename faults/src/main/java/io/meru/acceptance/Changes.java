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

import java.util.List;
import java.util.SplittableRandom;
import org.apache.flink.types.RowKind;

/**
 * A changelog whose change {@code n} is a function of {@code n} alone, so that a restored source
 * repeats exactly what it gave before, and a map can follow it.
 */
final class Changes {
  private static final int TENANTS = 3;
  private static final int IDS = 150;

  /** The partitions. */
  static final List<String> REGIONS = List.of("north", "south");

  private Changes() {}

  /**
   * One change.
   *
   * @param kind {@code INSERT}, {@code UPDATE_AFTER} or {@code DELETE}
   * @param withBefore whether {@code UPDATE_BEFORE} comes first
   * @param item of a delete only the key counts
   */
  record Change(RowKind kind, boolean withBefore, Item item) {
    boolean isDelete() {
      return kind == RowKind.DELETE;
    }
  }

  /** Change number {@code n}: an eighth are deletes. */
  static Change at(long n) {
    SplittableRandom random = new SplittableRandom(n * 0x9E3779B97F4A7C15L);
    Item item =
        new Item(
            random.nextInt(TENANTS),
            random.nextInt(IDS),
            region(n),
            n,
            "change " + n + ' ' + Long.toString(random.nextLong(), Character.MAX_RADIX));
    int what = random.nextInt(8);
    RowKind kind = what == 0 ? RowKind.DELETE : what < 4 ? RowKind.INSERT : RowKind.UPDATE_AFTER;
    return new Change(kind, what == 7, item);
  }

  /** The region that change {@code n} writes: the next change of the same key often moves it. */
  static String region(long n) {
    return REGIONS.get(new SplittableRandom(~n).nextInt(REGIONS.size()));
  }
}
