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

package io.meru.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.parquet.column.values.bloomfilter.HashFunction;
import org.apache.parquet.column.values.bloomfilter.XxHash;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hash decides who owns a key and is written into file names: it must be XXH64 for ever. */
class KeyHashTest {
  @ParameterizedTest
  @CsvSource({
    "'', ef46db3751d8e999",
    "a, d24ec4f1a98c6e5b",
    "as, 1c330fb2d66be179",
    "asd, 631c37ce72a97393",
    "asdf, 415872f599cea71e",
    "abc, 44bc2cf5ad770999",
    "Call me Ishmael. Some years ago--never mind how long precisely-, 02a2e85470d6fd96",
  })
  void publishedVectorsAreMet(String text, String expected) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    assertThat(Long.toHexString(KeyHash.hash64(bytes, 0, bytes.length)))
        .isEqualTo(expected.replaceFirst("^0+", ""));
  }

  @Test
  void everyLengthGivesWhatParquetsBloomFilterHashGives() {
    byte[] bytes = new byte[200];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 37);
    }
    HashFunction parquets = new XxHash();
    for (int length = 0; length <= bytes.length - 5; length++) {
      assertThat(KeyHash.hash64(bytes, 5, length))
          .as("hash of %d bytes", length)
          .isEqualTo(parquets.hashBytes(Arrays.copyOfRange(bytes, 5, 5 + length)));
    }
  }

  @Test
  void theOwningHashIsTheHighestSixteenBits() {
    assertThat(KeyHash.hash16(0xABCD_0123_4567_89EFL)).isEqualTo(0xABCD);
    assertThat(KeyHash.hash16(-1)).isEqualTo(65535);
  }
}
