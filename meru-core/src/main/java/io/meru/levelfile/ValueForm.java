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

/** How values of a file's leaf column become values of the output's, which has the newer type. */
enum ValueForm {
  /** Numbers and booleans, as they are or widened to 64 bits. */
  LONG,
  /** Floats that become doubles. */
  FLOAT_TO_DOUBLE,
  /** Unscaled decimals that become byte strings, as the precision has grown beyond 18. */
  LONG_TO_BYTES,
  /** Unscaled decimals as byte strings, though the precision fits a long. */
  BYTES_TO_LONG,
  /** Byte strings as they are. */
  BYTES
}
