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

/**
 * The row by which a snapshot says of itself how far the source had come, and from where: every
 * change updates it, too. It moves between the partitions like the others.
 *
 * @param attempt drawn by the source's subtask when it starts
 * @param start the first change that the attempt gave: where its state had it go on
 * @param n the newest change in the snapshot
 */
record Marker(String attempt, long start, long n) {
  static final Item.Key KEY = new Item.Key(-1, 0);

  /** The row in the table. */
  Item toItem() {
    return new Item(KEY.tenant(), KEY.id(), Changes.region(n), n, attempt + ':' + start);
  }

  /** The marker that {@code item} is. */
  static Marker of(Item item) {
    int colon = item.payload().indexOf(':');
    return new Marker(
        item.payload().substring(0, colon),
        Long.parseLong(item.payload(), colon + 1, item.payload().length(), 10),
        item.n());
  }
}
