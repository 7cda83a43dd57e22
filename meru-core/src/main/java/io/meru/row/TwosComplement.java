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

package io.meru.row;

/** Big-endian two's complement numbers in byte arrays. */
public final class TwosComplement {
  private TwosComplement() {}

  /**
   * Where the shortest form of a number starts: the offset behind the leading bytes that only
   * repeat the sign. At least one byte remains, unless there was none.
   */
  public static int start(byte[] array, int offset, int length) {
    int last = offset + length - 1;
    int at = offset;
    while (at < last && array[at] == array[at + 1] >> 7) {
      at++;
    }
    return at;
  }
}
