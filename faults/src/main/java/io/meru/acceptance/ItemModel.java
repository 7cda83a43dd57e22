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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the table must hold. A key has more than one row only where another writer has appended it;
 * the job's next change of the key takes all of them.
 */
final class ItemModel {
  private final Map<Item.Key, List<Item>> itemsByKey = new TreeMap<>();

  /** Applies the changes from {@code first} to {@code last}, both inclusive. */
  void apply(long first, long last) {
    for (long n = first; n <= last; n++) {
      Changes.Change change = Changes.at(n);
      if (change.isDelete()) {
        itemsByKey.remove(change.item().key());
      } else {
        put(change.item());
      }
    }
  }

  /** What the job does with a row: it replaces all that the key has. */
  void put(Item item) {
    itemsByKey.put(item.key(), List.of(item));
  }

  /** What an append of another writer does. */
  void append(Collection<Item> items) {
    for (Item item : items) {
      List<Item> all = new ArrayList<>(itemsByKey.getOrDefault(item.key(), List.of()));
      all.add(item);
      itemsByKey.put(item.key(), all);
    }
  }

  /** All rows, by key. */
  List<Item> items() {
    return itemsByKey.values().stream().flatMap(List::stream).toList();
  }

  /** What differs in {@code items}, a few examples of it; empty if nothing does. */
  String difference(Collection<Item> items) {
    ItemModel actual = new ItemModel();
    actual.append(items);
    TreeSet<Item.Key> keys = new TreeSet<>(itemsByKey.keySet());
    keys.addAll(actual.itemsByKey.keySet());
    List<String> differences =
        keys.stream()
            .filter(key -> !actual.sorted(key).equals(sorted(key)))
            .map(key -> "%s has %s, expected %s".formatted(key, actual.sorted(key), sorted(key)))
            .toList();
    return differences.isEmpty()
        ? ""
        : "%d keys differ: %s"
            .formatted(
                differences.size(),
                String.join("; ", differences.subList(0, Math.min(5, differences.size()))));
  }

  private List<Item> sorted(Item.Key key) {
    return itemsByKey.getOrDefault(key, List.of()).stream()
        .sorted(Comparator.comparingLong(Item::n).thenComparing(Item::payload))
        .toList();
  }
}
