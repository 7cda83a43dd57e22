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

import java.nio.ByteBuffer;
import org.apache.iceberg.types.Type;
import org.jspecify.annotations.Nullable;

/**
 * One column of the primary key.
 *
 * @param fieldId Iceberg field id
 * @param name column name, for messages
 * @param type the column's Iceberg type
 * @param pos position of the column in the table's top-level struct
 * @param initialDefault what rows have in files that lack the column, in Iceberg's single-value
 *     serialization; null when they have NULL
 */
public record KeyColumn(
    int fieldId,
    String name,
    Type.PrimitiveType type,
    int pos,
    @Nullable ByteBuffer initialDefault) {}
