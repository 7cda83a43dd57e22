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
 * costs no read. Made and filled by one thread, then handed to the resolver's.
 */
public final class NewFileIndex {
  /** What was made; null once it is too large. */
  private @Nullable Builders builders;

  private record Builders(KeyIndex.Builder keys, StoredRowIds.Builder rowIds) {}

  /** An index that is whole. */
  record Built(KeyIndex keys, StoredRowIds rowIds) {}

  /**
   * An index for about {@code expectedKeys} keys.
   *
   * @param fixedLong whether a key is eight bytes long ({@link io.meru.key.KeySpec#isFixedLong})
   * @param limitBytes of heap for each of keys and row ids; beyond it the file gets no index here
   */
  public NewFileIndex(boolean fixedLong, long expectedKeys, long limitBytes) {
    try {
      builders =
          new Builders(
              KeyIndex.builder(fixedLong, expectedKeys, limitBytes),
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
    } catch (IndexTooLargeException e) {
      builders = null;
    }
  }

  /** The index of {@code file}; null if it is too large. */
  @Nullable Built build(TableFile file) {
    if (builders == null) {
      return null;
    }
    try {
      Built built = new Built(builders.keys.build(), builders.rowIds.build());
      if (built.keys.size() != file.recordCount()) {
        throw new IllegalStateException(
            "%s has %d rows, but %d keys were taken"
                .formatted(file.path(), file.recordCount(), built.keys.size()));
      }
      return built;
    } catch (IndexTooLargeException e) {
      return null;
    }
  }
}
