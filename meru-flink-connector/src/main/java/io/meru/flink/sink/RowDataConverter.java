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

package io.meru.flink.sink;

import java.io.Serializable;
import org.apache.flink.table.data.RowData;

/**
 * Turns a stream's records into rows for the sink. The row's kind says what becomes of its key. A
 * record is converted twice, once to route it and once to write it, so a costly conversion belongs
 * in a {@code map} before the sink; and it must give the same key both times.
 *
 * @param <T> the stream's record type
 */
@FunctionalInterface
public interface RowDataConverter<T> extends Serializable {
  /** The row of {@code record}; it may be reused by the next call. */
  RowData convert(T record);
}
