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

package io.meru.resolve;

import io.meru.version.TableFile;
import org.jspecify.annotations.Nullable;

/**
 * The keys and row ids of a level file that is being written, as they pass by: so that its index
 * costs no read. Made, filled and ended by one thread, then handed to the resolver's.
 */
public final class NewFileIndex {
  /** Rows between two looks at what they take. */
  private static final int ROWS_PER_CHECK = 1 << 10;

  private final long limitBytes;

  /** Keys and row ids so far; null once they are too large, or the index is made. */
  private @Nullable Builders builders;

  private @Nullable Built built;
  private long taken;

  private record Builders(KeyIndex.Builder keys, StoredRowIds.Builder rowIds) {
    long memoryBytes() {
      return keys.memoryBytes() + rowIds.memoryBytes();
    }
  }

  /** An index that is whole. */
  record Built(KeyIndex keys, StoredRowIds rowIds) {
    long memoryBytes() {
      return keys.memoryBytes() + rowIds.memoryBytes();
    }
  }

  /**
   * An index for about {@code expectedKeys} keys.
   *
   * @param fixedLong whether a key is eight bytes long ({@link io.meru.key.KeySpec#isFixedLong})
   * @param limitBytes of heap for keys and row ids together; beyond it the file gets no index here
   */
  public NewFileIndex(boolean fixedLong, long expectedKeys, long limitBytes) {
    this.limitBytes = limitBytes;
    long atMost = Math.min(expectedKeys, limitBytes); // a key takes more than a byte
    try {
      builders =
          new Builders(
              KeyIndex.builder(fixedLong, atMost, limitBytes),
              new StoredRowIds.Builder(limitBytes));
    } catch (IndexTooLargeException e) {
      builders = null;
    }
  }

  /** Takes the next row's key; prefix as in {@link io.meru.key.SortedKeys#prefix}. */
  public void addKey(long prefix, byte[] array, int offset, int length) {
    if (builders == null) {
      return;
    }
    try {
      if (!builders.keys.add(prefix ^ Long.MIN_VALUE, array, offset, length)) {
        throw new IllegalArgumentException("A key is not above the one before it");
      }
      checkSize(builders);
    } catch (IndexTooLargeException e) {
      builders = null;
    }
  }

  /** Takes the next row's id. */
  public void addRowId(long id) {
    if (builders == null) {
      return;
    }
    try {
      builders.rowIds.add(id);
      checkSize(builders);
    } catch (IndexTooLargeException e) {
      builders = null;
    }
  }

  private void checkSize(Builders present) {
    taken++;
    if ((taken & (ROWS_PER_CHECK - 1)) == 0 && present.memoryBytes() > limitBytes) {
      throw IndexTooLargeException.INSTANCE;
    }
  }

  /**
   * Makes the index: no more rows come.
   *
   * @return heap bytes that it takes from now on, 0 if there is none
   */
  public long end() {
    if (builders != null) {
      try {
        Built made = new Built(builders.keys.build(), builders.rowIds.build());
        built = made.memoryBytes() > limitBytes ? null : made;
      } catch (IndexTooLargeException e) {
        built = null;
      }
      builders = null;
    }
    return built == null ? 0 : built.memoryBytes();
  }

  /** The index of {@code file}, whose last row has come; null if it is too large. */
  @Nullable Built of(TableFile file) {
    end();
    if (built != null && built.keys.size() != file.recordCount()) {
      throw new IllegalStateException(
          "%s has %d rows, but %d keys were taken"
              .formatted(file.path(), file.recordCount(), built.keys.size()));
    }
    return built;
  }
}
