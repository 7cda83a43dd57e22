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

/**
 * What the values of an output's leaf column look like on their way through a merge.
 *
 * @param isOfBytes whether they are byte strings, else longs
 * @param maxDefinition definition level of a value that is there
 * @param repeated whether the column lies in a list or map
 */
record LeafShape(boolean isOfBytes, int maxDefinition, boolean repeated) {
  static LeafShape of(LeafColumn column) {
    boolean bytes =
        switch (column.physicalType()) {
          case BINARY, FIXED_LEN_BYTE_ARRAY -> true;
          default -> false;
        };
    return new LeafShape(bytes, column.descriptor().getMaxDefinitionLevel(), column.repeated());
  }
}
