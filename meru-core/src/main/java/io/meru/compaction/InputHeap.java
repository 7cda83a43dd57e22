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

package io.meru.compaction;

import io.meru.version.TableFile;
import io.meru.version.Version.LiveFile;
import java.util.List;

/**
 * How many files a merge may have open at once. It holds of each the keys of a page and, while it
 * copies a column, a window and a page of that, decoded and not; a page has at most as many bytes
 * as {@code level0.page-size} says, or one row. An estimate by what is known of a file that is not
 * open: 20,000 keys of 36 characters were measured to take 5 MB.
 */
public final class InputHeap {
  private static final long PAGES = 4;
  private static final long PAGE_BYTES = 1 << 20;

  /** The part of a heap for the inputs of one merge; there may be as many as slots. */
  private static final int HEAP_PART = 16;

  /** Enough for 32 files of common rows. */
  private static final long MAX_LIMIT_BYTES = 128L << 20;

  /** Enough for four: with less, none would be merged in a small process. */
  private static final long MIN_LIMIT_BYTES = 4 * PAGES * PAGE_BYTES;

  private InputHeap() {}

  /**
   * What the inputs of a writer's merge may take: a sixteenth of the heap, since a process may have
   * several writers, 128 MiB at most and 16 MiB at least.
   *
   * @param heapBytes the largest heap that the process may have
   */
  public static long limitBytes(long heapBytes) {
    return Math.max(MIN_LIMIT_BYTES, Math.min(heapBytes / HEAP_PART, MAX_LIMIT_BYTES));
  }

  /**
   * How many of {@code files}, from the first on, fit into {@code limitBytes}; two at least, as a
   * merge of one is none.
   */
  static int fitting(List<LiveFile> files, long limitBytes) {
    long bytes = 0;
    int count = 0;
    for (LiveFile live : files) {
      bytes += of(live.file());
      if (count >= 2 && bytes > limitBytes) {
        break;
      }
      count++;
    }
    return count;
  }

  /** Bytes that {@code file} takes while it is merged. */
  static long of(TableFile file) {
    long rowBytes = file.fileSizeBytes() / Math.max(1, file.recordCount());
    return PAGES * Math.max(PAGE_BYTES, rowBytes);
  }
}
