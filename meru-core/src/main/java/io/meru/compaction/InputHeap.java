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
final class InputHeap {
  private static final long PAGES = 4;
  private static final long PAGE_BYTES = 1 << 20;

  private InputHeap() {}

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
