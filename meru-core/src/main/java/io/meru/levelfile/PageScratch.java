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

/** Room for a page's content, reused from page to page. Columns read one by one may share it. */
final class PageScratch {
  /** Bytes behind a page's content, so that decoders may load whole words at its end. */
  static final int PADDING = 16;

  private byte[] plain = new byte[0];
  private int[] definition = new int[0];
  private int[] repetition = new int[0];

  /** Room for {@code length} bytes. */
  byte[] plain(int length) {
    if (plain.length < length) {
      plain = new byte[length + (length >>> 3)];
    }
    return plain;
  }

  /** Room for {@code count} definition levels. */
  int[] definition(int count) {
    if (definition.length < count) {
      definition = new int[count];
    }
    return definition;
  }

  /** Room for {@code count} repetition levels. */
  int[] repetition(int count) {
    if (repetition.length < count) {
      repetition = new int[count];
    }
    return repetition;
  }
}
