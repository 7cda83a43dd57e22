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

package io.meru.writer;

import io.meru.compaction.OutputKeys;
import io.meru.resolve.NewFileIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Makes the index of each output of a merge from the keys that pass by. */
final class OutputIndexes implements OutputKeys {
  private final boolean fixedLong;
  private final long rows;
  private final long limitBytes;
  private final List<NewFileIndex> indexes = new ArrayList<>();

  /** Of a merge of at most {@code rows} rows. */
  OutputIndexes(boolean fixedLong, long rows, long limitBytes) {
    this.fixedLong = fixedLong;
    this.rows = rows;
    this.limitBytes = limitBytes;
  }

  /** The indexes of the outputs so far, in their order. */
  List<NewFileIndex> indexes() {
    return indexes;
  }

  @Override
  public void startFile(int file) {
    indexes.add(new NewFileIndex(fixedLong, rows, limitBytes));
  }

  @Override
  public void add(long prefix, byte[] array, int offset, int length) {
    present().addKey(prefix, array, offset, length);
  }

  @Override
  public @Nullable LongConsumer rowIds() {
    return present()::addRowId;
  }

  private NewFileIndex present() {
    return indexes.get(indexes.size() - 1);
  }
}
