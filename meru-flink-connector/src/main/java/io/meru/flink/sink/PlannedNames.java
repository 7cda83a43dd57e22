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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/**
 * The names by which a job knows a table's columns: those of the schema with which it was made.
 * Iceberg knows columns by field id, so that a rename must not part a running job from its column,
 * not even when it restarts by itself.
 */
final class PlannedNames {
  private final Map<Integer, Types.NestedField> planned;

  PlannedNames(Schema planned) {
    this.planned = TypeUtil.indexById(planned.asStruct());
  }

  /** The columns of {@code present}, in their order and with their types, by the job's names. */
  Schema of(Schema present) {
    return new Schema(fields(present.columns()), present.identifierFieldIds());
  }

  private List<Types.NestedField> fields(List<Types.NestedField> present) {
    List<String> known = new ArrayList<>();
    for (Types.NestedField field : present) {
      Types.NestedField before = planned.get(field.fieldId());
      if (before != null) {
        known.add(before.name());
      }
    }
    List<Types.NestedField> named = new ArrayList<>();
    for (Types.NestedField field : present) {
      named.add(
          Types.NestedField.from(field)
              .withName(name(field, known))
              .ofType(type(field.type()))
              .build());
    }
    return named;
  }

  /** A column added since may have the old name of a renamed one, which is what rows mean by it. */
  private String name(Types.NestedField field, List<String> known) {
    Types.NestedField before = planned.get(field.fieldId());
    if (before != null) {
      return before.name();
    }
    return known.contains(field.name())
        ? "%s (field %d)".formatted(field.name(), field.fieldId())
        : field.name();
  }

  private Type type(Type present) {
    return switch (present.typeId()) {
      case STRUCT -> Types.StructType.of(fields(present.asStructType().fields()));
      case LIST -> list(present.asListType());
      case MAP -> map(present.asMapType());
      default -> present;
    };
  }

  private Type list(Types.ListType list) {
    Type element = type(list.elementType());
    return list.isElementRequired()
        ? Types.ListType.ofRequired(list.elementId(), element)
        : Types.ListType.ofOptional(list.elementId(), element);
  }

  private Type map(Types.MapType map) {
    Type key = type(map.keyType());
    Type value = type(map.valueType());
    return map.isValueRequired()
        ? Types.MapType.ofRequired(map.keyId(), map.valueId(), key, value)
        : Types.MapType.ofOptional(map.keyId(), map.valueId(), key, value);
  }
}
