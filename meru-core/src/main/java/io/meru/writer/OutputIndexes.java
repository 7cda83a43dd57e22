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

/**
 * Makes the index of each output of a merge from the keys that pass by, within one budget: what an
 * index takes is gone for the next. An output whose index does not fit has none, and is read back
 * when its keys are first looked for.
 */
final class OutputIndexes implements OutputKeys {
  private final boolean fixedLong;
  private final List<NewFileIndex> indexes = new ArrayList<>();
  private final long limitBytes;
  private long bytesLeft;

  /**
   * Of a merge that has no output yet.
   *
   * @param limitBytes of heap for the keys and row ids of all outputs together
   */
  OutputIndexes(boolean fixedLong, long limitBytes) {
    this.fixedLong = fixedLong;
    this.limitBytes = limitBytes;
    this.bytesLeft = limitBytes;
  }

  /** The indexes of the outputs, in their order; no more keys come. */
  List<NewFileIndex> indexes() {
    endFile();
    return indexes;
  }

  /** Heap that they take, once all of them have ended. */
  long memoryBytes() {
    return limitBytes - bytesLeft;
  }

  @Override
  public void startFile(int file, long expectedRows) {
    endFile();
    indexes.add(new NewFileIndex(fixedLong, expectedRows, bytesLeft));
  }

  private void endFile() {
    if (!indexes.isEmpty()) {
      bytesLeft -= present().end();
    }
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
