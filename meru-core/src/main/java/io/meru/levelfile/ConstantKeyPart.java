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

import io.meru.key.KeyColumn;
import io.meru.key.KeyParts;
import io.meru.row.ByteBuilder;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A key column that was added to the table later than the file: all its rows have the column's
 * initial default.
 */
final class ConstantKeyPart implements KeyPartReader {
  private final byte[] part;

  private ConstantKeyPart(byte[] part) {
    this.part = part;
  }

  /** The part of {@code value}, in Iceberg's single-value serialization. */
  static ConstantKeyPart of(KeyColumn column, ByteBuffer value) {
    ByteBuilder part = new ByteBuilder(Long.BYTES);
    KeyParts.appendSerialized(part, column.type(), value);
    return new ConstantKeyPart(Arrays.copyOf(part.array(), part.size()));
  }

  @Override
  public void seek(long row, long end) {}

  @Override
  public boolean append(ByteBuilder target, long end) {
    target.append(part, 0, part.length);
    return true;
  }
}
