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

import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyConsumer;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.KeyFileOpener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Data files in memory, as lists of user keys, that count what is read of them. */
final class FakeKeyFiles implements KeyFileOpener {
  private record Stored(
      List<byte[]> keys, int rowsPerPage, boolean boundsKnown, long @Nullable [] rowIds) {}

  private final Map<String, Stored> files = new HashMap<>();
  private int opened;
  private int closed;
  private int pagesRead;
  private int wholeReads;

  void put(String path, List<byte[]> keys, int rowsPerPage, boolean boundsKnown) {
    put(path, keys, rowsPerPage, boundsKnown, null);
  }

  /** A file that stores {@code rowIds}, -1 for a row without one. */
  void put(
      String path,
      List<byte[]> keys,
      int rowsPerPage,
      boolean boundsKnown,
      long @Nullable [] rowIds) {
    files.put(path, new Stored(keys, rowsPerPage, boundsKnown, rowIds));
  }

  int opened() {
    return opened;
  }

  int stillOpen() {
    return opened - closed;
  }

  int pagesRead() {
    return pagesRead;
  }

  int wholeReads() {
    return wholeReads;
  }

  @Override
  public KeyFile open(String path, long fileSizeBytes) {
    opened++;
    return new OpenFile(files.get(path));
  }

  private final class OpenFile implements KeyFile {
    private final List<byte[]> keys;
    private final Stored stored;

    // one array for all keys, overwritten as a reader's would be
    private final byte[] shared = new byte[1 << 16];

    OpenFile(Stored stored) {
      this.stored = stored;
      this.keys = stored.keys();
    }

    @Override
    public long rowCount() {
      return keys.size();
    }

    @Override
    public int pageCount() {
      return (keys.size() + stored.rowsPerPage() - 1) / stored.rowsPerPage();
    }

    @Override
    public long pageFirstRow(int page) {
      return (long) page * stored.rowsPerPage();
    }

    @Override
    public long pageMinPrefix(int page) {
      return stored.boundsKnown() ? prefixes(page)[0] : 0;
    }

    @Override
    public long pageMaxPrefix(int page) {
      return stored.boundsKnown() ? prefixes(page)[1] : -1;
    }

    private long[] prefixes(int page) {
      long min = -1;
      long max = 0;
      for (byte[] key : keys.subList((int) pageFirstRow(page), end(page))) {
        long prefix = SortedKeys.prefixOf(key, 0, key.length);
        min = Long.compareUnsigned(prefix, min) < 0 ? prefix : min;
        max = Long.compareUnsigned(prefix, max) > 0 ? prefix : max;
      }
      return new long[] {min, max};
    }

    private int end(int page) {
      return Math.min(keys.size(), (page + 1) * stored.rowsPerPage());
    }

    @Override
    public void readPage(int page, KeyConsumer consumer) {
      pagesRead++;
      read((int) pageFirstRow(page), end(page), consumer);
    }

    @Override
    public void readAll(KeyConsumer consumer) {
      wholeReads++;
      read(0, keys.size(), consumer);
    }

    private void read(int from, int to, KeyConsumer consumer) {
      for (int i = from; i < to; i++) {
        byte[] key = keys.get(i);
        if (key == null) {
          continue; // a row whose key is NULL
        }
        System.arraycopy(key, 0, shared, 3, key.length);
        consumer.accept(i, shared, 3, key.length);
      }
    }

    @Override
    public boolean storesRowIds() {
      return stored.rowIds() != null;
    }

    @Override
    public long rowId(long position) {
      return stored.rowIds() == null ? -1 : stored.rowIds()[(int) position];
    }

    @Override
    public void readRowIds(LongConsumer consumer) {
      for (int i = 0; i < keys.size(); i++) {
        consumer.accept(rowId(i));
      }
    }

    @Override
    public void close() {
      closed++;
    }
  }
}
