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

package io.meru.inspect;

import io.meru.key.SortedKeys;

/** One user key. */
record OneKey(byte[] key) implements SortedKeys {
  @Override
  public int size() {
    return 1;
  }

  @Override
  public long prefix(int i) {
    return SortedKeys.prefixOf(key, 0, key.length);
  }

  @Override
  public byte[] array(int i) {
    return key;
  }

  @Override
  public int offset(int i) {
    return 0;
  }

  @Override
  public int length(int i) {
    return key.length;
  }
}
