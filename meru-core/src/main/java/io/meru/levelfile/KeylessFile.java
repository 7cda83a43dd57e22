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

package io.meru.levelfile;

import java.util.function.LongConsumer;

/**
 * A file without one of the key columns, because the column was added to the table later and
 * without an initial default: its rows have NULL there, and so no key.
 */
final class KeylessFile implements KeyFile {
  private final long rowCount;

  KeylessFile(long rowCount) {
    this.rowCount = rowCount;
  }

  @Override
  public long rowCount() {
    return rowCount;
  }

  @Override
  public int pageCount() {
    return rowCount == 0 ? 0 : 1;
  }

  @Override
  public long pageFirstRow(int page) {
    return 0;
  }

  @Override
  public long pageMinPrefix(int page) {
    return 0;
  }

  @Override
  public long pageMaxPrefix(int page) {
    return -1;
  }

  @Override
  public void readPage(int page, KeyConsumer consumer) {}

  @Override
  public void readAll(KeyConsumer consumer) {}

  @Override
  public boolean storesRowIds() {
    return false;
  }

  @Override
  public long rowId(long position) {
    return -1;
  }

  @Override
  public void readRowIds(LongConsumer consumer) {
    for (long row = 0; row < rowCount; row++) {
      consumer.accept(-1);
    }
  }

  @Override
  public void close() {}
}
