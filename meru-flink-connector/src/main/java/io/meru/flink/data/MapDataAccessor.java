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

package io.meru.flink.data;

import io.meru.row.ValueAccessor;
import org.apache.flink.table.data.MapData;

/** A Flink map, or multiset, as the engine reads it. A flyweight. */
final class MapDataAccessor implements ValueAccessor.MapAccessor {
  private final ArrayDataAccessor keys;
  private final ArrayDataAccessor values;

  MapDataAccessor(ValuePlan key, ValuePlan value) {
    this.keys = new ArrayDataAccessor(key);
    this.values = new ArrayDataAccessor(value);
  }

  MapDataAccessor wrap(MapData map) {
    keys.wrap(map.keyArray());
    values.wrap(map.valueArray());
    return this;
  }

  @Override
  public ValueAccessor.ListAccessor keys() {
    return keys;
  }

  @Override
  public ValueAccessor.ListAccessor values() {
    return values;
  }
}
