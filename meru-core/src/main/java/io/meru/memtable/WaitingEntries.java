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

package io.meru.memtable;

import io.meru.row.ByteBuilder;

/**
 * A few entries on their way into a memtable, in the order in which they came. Waiting is what
 * makes them cheap: the memtable looks up all of them at once, so that the processor fetches their
 * slots side by side. Long entries do not wait, since copying them twice would cost more.
 */
final class WaitingEntries {
  /** As many as a processor core has loads under way. */
  private static final int MAX_ENTRIES = 16;

  private static final int MAX_ENTRY_BYTES = 512;
  private static final int DELETE = -1;

  private final byte[] bytes = new byte[MAX_ENTRIES * MAX_ENTRY_BYTES];
  private final long[] hashes = new long[MAX_ENTRIES];
  private final int[] keyLengths = new int[MAX_ENTRIES];
  private final int[] rowLengths = new int[MAX_ENTRIES];
  private int size;

  /** Whether an entry of so many bytes, key and row, may wait. */
  static boolean mayWait(int entryBytes) {
    return entryBytes <= MAX_ENTRY_BYTES;
  }

  /** Copies a put. There must be room for it. */
  void addPut(ByteBuilder key, long hash64, ByteBuilder row) {
    System.arraycopy(row.array(), 0, bytes, rowStart(size, key.size()), row.size());
    add(key, hash64, row.size());
  }

  /** Copies a delete. There must be room for it. */
  void addDelete(ByteBuilder key, long hash64) {
    add(key, hash64, DELETE);
  }

  private void add(ByteBuilder key, long hash64, int rowLength) {
    System.arraycopy(key.array(), 0, bytes, keyStart(size), key.size());
    hashes[size] = hash64;
    keyLengths[size] = key.size();
    rowLengths[size] = rowLength;
    size++;
  }

  int size() {
    return size;
  }

  boolean isFull() {
    return size == MAX_ENTRIES;
  }

  void clear() {
    size = 0;
  }

  /** The array that holds keys and rows. */
  byte[] bytes() {
    return bytes;
  }

  long hash64(int i) {
    return hashes[i];
  }

  int keyStart(int i) {
    return i * MAX_ENTRY_BYTES;
  }

  int keyLength(int i) {
    return keyLengths[i];
  }

  boolean isDelete(int i) {
    return rowLengths[i] == DELETE;
  }

  int rowStart(int i) {
    return rowStart(i, keyLengths[i]);
  }

  int rowLength(int i) {
    return rowLengths[i];
  }

  private int rowStart(int i, int keyLength) {
    return keyStart(i) + keyLength;
  }

  long memoryBytes() {
    return bytes.length;
  }
}
