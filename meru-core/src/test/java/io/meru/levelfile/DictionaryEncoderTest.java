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

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.levelfile.DictionaryEncoder.Kind;
import io.meru.row.RowLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DictionaryEncoderTest {
  private static final int MAX_LENGTH = 40;

  @Test
  void byteStringsOfAnyLengthAreEnteredOnce() {
    LeafBatch batch = new LeafBatch();
    batch.reset(4 * (MAX_LENGTH + 1), false);
    for (int length = 0; length <= MAX_LENGTH; length++) {
      for (int last = 0; last < 2; last++) {
        addValue(batch, length, last, 0); // nothing behind it in its array
        addValue(batch, length, last, Long.BYTES);
      }
    }
    batch.end();
    DictionaryEncoder encoder = new DictionaryEncoder(Kind.BYTES, 0);
    encoder.reset();

    assertThat(encoder.append(batch, 0, batch.values())).isTrue();
    assertThat(encoder.append(batch, 0, batch.values())).isTrue();

    assertThat(encoder.page().getDictionarySize()).isEqualTo(1 + 2 * MAX_LENGTH);
  }

  /** A string of zeros whose last byte is {@code last}; {@code behind} bytes follow it. */
  private static void addValue(LeafBatch batch, int length, int last, int behind) {
    byte[] array = new byte[Long.BYTES + length + behind];
    RowLayout.putLong(array, 0, (long) Long.BYTES << 32 | length);
    if (length > 0) {
      array[Long.BYTES + length - 1] = (byte) last;
    }
    Arrays.fill(array, Long.BYTES + length, array.length, (byte) 7);
    batch.startRow();
    batch.addValue(array, 0, 0, 0, 0);
  }
}
