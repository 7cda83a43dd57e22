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

package io.meru.resolve;

/** Walks the keys of an index in ascending order; stands before the first one at the start. */
interface KeyCursor {
  /** Goes to the next key; false if there is none. */
  boolean next();

  /** The key's prefix, in signed order ({@link Bits#ordered}). */
  long prefix();

  /** The key's bytes, from 0 on, valid until the next step; of no use where prefixes are keys. */
  byte[] array();

  /** The key's length in bytes; likewise. */
  int length();
}
