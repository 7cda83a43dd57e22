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

package io.meru.inspect;

import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyFileOpener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds keys with more than one live row, in bounded memory and whatever the order of rows: the
 * 64-bit hashes of live rows' keys are sorted, one slice of the hash space after the other, each
 * taking a pass over the key columns. Where hashes are equal, one more pass compares the keys.
 */
final class DuplicateKeys {
  /** Hashes of one slice: 128 MiB. */
  static final int MAX_HASHES = 1 << 24;

  /** Equal hashes to look at; a table with more is broken enough. */
  private static final int MAX_SUSPECTS = 10_000;

  private static final int PLACES_SHOWN = 10;

  private final KeySpec keySpec;
  private final KeyFileOpener opener;
  private final int maxHashes;
  private final Findings findings;

  /**
   * @param maxHashes hashes held at a time
   */
  DuplicateKeys(KeySpec keySpec, KeyFileOpener opener, int maxHashes, Findings findings) {
    this.keySpec = keySpec;
    this.opener = opener;
    this.maxHashes = maxHashes;
    this.findings = findings;
  }

  /** Checks the live rows of {@code files}. */
  void check(List<LiveRows> files) {
    long rows = files.stream().mapToLong(LiveRows::liveCount).sum();
    int sliceBits = sliceBits(rows);
    Set<Long> suspects = new HashSet<>();
    for (int slice = 0; slice < 1 << sliceBits; slice++) {
      collectSuspects(files, slice, sliceBits, rows, suspects);
    }
    if (!suspects.isEmpty()) {
      compareKeys(files, suspects);
    }
  }

  /** So that a slice's share, and some more, fits. */
  private int sliceBits(long rows) {
    int bits = 0;
    while (rows + (rows >> 3) > (long) maxHashes << bits) {
      bits++;
    }
    return bits;
  }

  private void collectSuspects(
      List<LiveRows> files, int slice, int sliceBits, long rows, Set<Long> suspects) {
    Hashes hashes = new Hashes((int) Math.min(maxHashes, (rows >> sliceBits) + 1024));
    for (LiveRows file : files) {
      file.forEachKey(
          opener,
          (position, array, offset, length) -> {
            long hash = KeyHash.hash64(array, offset, length);
            if (sliceBits == 0 || hash >>> (Long.SIZE - sliceBits) == slice) {
              hashes.add(hash);
            }
          });
    }
    hashes.addEqualOnesTo(suspects, MAX_SUSPECTS);
  }

  private void compareKeys(List<LiveRows> files, Set<Long> suspects) {
    Map<String, Places> byKey = new TreeMap<>();
    for (LiveRows file : files) {
      file.forEachKey(
          opener,
          (position, array, offset, length) -> {
            if (suspects.contains(KeyHash.hash64(array, offset, length))) {
              byKey
                  .computeIfAbsent(
                      HexFormat.of().formatHex(array, offset, offset + length), key -> new Places())
                  .add(file.file().location(), position);
            }
          });
    }
    byKey.forEach(this::report);
  }

  private void report(String hexKey, Places places) {
    if (places.count < 2) {
      return; // two keys of one hash
    }
    byte[] key = HexFormat.of().parseHex(hexKey);
    Place second = places.shown.get(1);
    findings.error(
        Invariant.ONE_ROW_PER_KEY,
        second.path(),
        second.position(),
        "one live row of key " + String.join(", ", KeyText.ofKey(keySpec, key, 0, key.length)),
        "%d live rows: %s%s"
            .formatted(
                places.count,
                String.join(
                    ", ",
                    places.shown.stream()
                        .map(place -> "row %d of %s".formatted(place.position(), place.path()))
                        .toList()),
                places.count > places.shown.size() ? ", ..." : ""));
  }

  private record Place(String path, long position) {}

  private static final class Places {
    private final List<Place> shown = new ArrayList<>(2);
    private long count;

    void add(String path, long position) {
      count++;
      if (shown.size() < PLACES_SHOWN) {
        shown.add(new Place(path, position));
      }
    }
  }

  private static final class Hashes {
    private long[] hashes;
    private int size;

    Hashes(int capacity) {
      hashes = new long[capacity];
    }

    void add(long hash) {
      if (size == hashes.length) {
        hashes = Arrays.copyOf(hashes, size + (size >> 2) + 1024);
      }
      hashes[size++] = hash;
    }

    void addEqualOnesTo(Set<Long> target, int most) {
      Arrays.sort(hashes, 0, size);
      for (int i = 1; i < size && target.size() < most; i++) {
        if (hashes[i] == hashes[i - 1]) {
          target.add(hashes[i]);
        }
      }
    }
  }
}
