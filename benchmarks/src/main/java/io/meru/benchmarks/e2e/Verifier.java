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

package io.meru.benchmarks.e2e;

import java.util.BitSet;

/**
 * Compares a table's rows with what the workload says must be there. Shown every row once, in any
 * order.
 */
final class Verifier {
  private final Workload workload;
  private final int operations;
  private final boolean appended;
  private final int[] expected;
  private final BitSet seen;
  private long rows;
  private long duplicates;
  private long wrong;

  /**
   * The rows after {@code batches} batches.
   *
   * @param appended whether the table keeps every operation's row, deletes' too, instead of the
   *     newest of each key
   */
  Verifier(Workload workload, int batches, boolean appended) {
    this.workload = workload;
    this.operations = workload.firstOperation(batches);
    this.appended = appended;
    this.expected = appended ? new int[0] : workload.expectedVersions(batches);
    this.seen = new BitSet(appended ? operations : workload.keys());
  }

  /**
   * What was found.
   *
   * @param rows all rows
   * @param duplicates rows of a key (appended: of an operation) already seen
   * @param wrong rows with a version, a key or values that must not be there
   * @param missing keys (appended: operations) without a row
   */
  record Outcome(long rows, long duplicates, long wrong, long missing) {
    boolean isRight() {
      return duplicates == 0 && wrong == 0 && missing == 0;
    }
  }

  /** A row as it was read: its key's index or -1, {@code customer_id}, {@code updated_at} in ms. */
  void row(int keyIndex, long customer, long updatedAtMillis) {
    rows++;
    long version = updatedAtMillis - Rows.EPOCH_MILLIS;
    if (keyIndex < 0
        || !isExpected(keyIndex, version)
        || customer != Rows.customer((int) version)) {
      wrong++;
      return;
    }
    int identity = appended ? (int) version : keyIndex;
    if (seen.get(identity)) {
      duplicates++;
    }
    seen.set(identity);
  }

  private boolean isExpected(int keyIndex, long version) {
    return appended
        ? version >= 0 && version < operations && workload.keyIndex((int) version) == keyIndex
        : version == expected[keyIndex];
  }

  Outcome outcome() {
    long wanted = operations;
    if (!appended) {
      wanted = 0;
      for (int version : expected) {
        wanted += version >= 0 ? 1 : 0;
      }
    }
    return new Outcome(rows, duplicates, wrong, wanted - seen.cardinality());
  }

  /** The index of a BIGINT key, or -1. */
  int keyIndex(long id) {
    long index = Bits.gather(id);
    return index < workload.keys() && Bits.scatter(index) == id ? (int) index : -1;
  }

  /** The index of a string key, or -1. */
  int keyIndex(byte[] uuid) {
    long high = 0;
    for (int at = 0; at < 11 && at < uuid.length; at++) {
      int digit = Character.digit(uuid[at], 16);
      high = digit < 0 ? high : high << 4 | digit; // ten digits and a hyphen: 40 bits
    }
    int index = keyIndex(high);
    return index >= 0 && java.util.Arrays.equals(Rows.uuid(index), uuid) ? index : -1;
  }
}
