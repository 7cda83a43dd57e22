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

import io.meru.levelfile.LeafShredder.Kind;
import io.meru.levelfile.LeafShredder.Step;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Type.TypeID;
import org.apache.iceberg.types.Types;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * One Parquet leaf column of the table.
 *
 * @param descriptor the column in the file's schema
 * @param type its Iceberg type; a variant's two leaves have the type variant
 * @param metricsId the field that its metrics belong to, or {@link #NO_METRICS}
 * @param sizeId the field that its size belongs to, or {@link #NO_METRICS}
 * @param name full name, for messages
 * @param repeated whether it lies in a list or map
 * @param optional whether the leaf itself may be NULL
 * @param shredder finds its values in rows
 */
record LeafColumn(
    ColumnDescriptor descriptor,
    Type type,
    int metricsId,
    int sizeId,
    String name,
    boolean repeated,
    boolean optional,
    LeafShredder shredder) {

  /** In place of a field id: Iceberg states none. */
  static final int NO_METRICS = -1;

  /** The leaf columns of {@code schema}, in the order of the Parquet schema made of it. */
  static List<LeafColumn> of(Schema schema, MessageType parquetSchema) {
    Walk walk = new Walk(parquetSchema.getColumns());
    walk.struct(schema.asStruct());
    return walk.columns;
  }

  /** Physical type. */
  PrimitiveTypeName physicalType() {
    return descriptor.getPrimitiveType().getPrimitiveTypeName();
  }

  /** Bytes of each value of a FIXED_LEN_BYTE_ARRAY column. */
  int fixedLength() {
    return descriptor.getPrimitiveType().getTypeLength();
  }

  /** Whether the values are decimals. */
  boolean isDecimal() {
    return descriptor.getPrimitiveType().getLogicalTypeAnnotation()
        instanceof DecimalLogicalTypeAnnotation;
  }

  /** Whether the values are floating-point numbers. */
  boolean isFloating() {
    return type.typeId() == TypeID.FLOAT || type.typeId() == TypeID.DOUBLE;
  }

  /** Goes down the schema as Iceberg's conversion to Parquet does; unknown columns are left out. */
  private static final class Walk {
    private final List<ColumnDescriptor> descriptors;
    private final List<LeafColumn> columns = new ArrayList<>();
    private final List<Step> path = new ArrayList<>();

    Walk(List<ColumnDescriptor> descriptors) {
      this.descriptors = descriptors;
    }

    private void struct(Types.StructType struct) {
      List<Types.NestedField> fields = struct.fields();
      for (int i = 0; i < fields.size(); i++) {
        field(fields.get(i), i, fields.size());
      }
    }

    private void field(Types.NestedField field, int slot, int slots) {
      Type type = field.type();
      switch (type.typeId()) {
        case UNKNOWN -> {}
        case STRUCT -> {
          push(field, Kind.STRUCT, slot, slots);
          struct(type.asStructType());
          pop();
        }
        case LIST -> {
          push(field, Kind.LIST, slot, slots);
          field(type.asListType().fields().get(0), 0, 0);
          pop();
        }
        case MAP -> {
          push(field, Kind.MAP_KEYS, slot, slots);
          field(type.asMapType().fields().get(0), 0, 0);
          pop();
          push(field, Kind.MAP_VALUES, slot, slots);
          field(type.asMapType().fields().get(1), 0, 0);
          pop();
        }
        case VARIANT -> {
          push(field, Kind.STRUCT, slot, slots);
          variantPart("metadata", 0, type, field.fieldId());
          variantPart("value", 1, type, NO_METRICS);
          pop();
        }
        default -> {
          push(field, Kind.LEAF, slot, slots);
          leaf(type, field.fieldId(), field.fieldId(), field.isOptional());
          pop();
        }
      }
    }

    /** Iceberg states a variant's counts, taken from its metadata, and no size. */
    private void variantPart(String name, int slot, Type type, int metricsId) {
      path.add(new Step(name, Kind.LEAF, false, slot, 2));
      leaf(type, metricsId, NO_METRICS, false);
      pop();
    }

    private void leaf(Type type, int metricsId, int sizeId, boolean optional) {
      ColumnDescriptor descriptor = descriptors.get(columns.size());
      columns.add(
          new LeafColumn(
              descriptor,
              type,
              metricsId,
              sizeId,
              String.join(".", path.stream().map(Step::name).toList()),
              descriptor.getMaxRepetitionLevel() > 0,
              optional,
              new LeafShredder(path)));
    }

    private void push(Types.NestedField field, Kind kind, int slot, int slots) {
      path.add(new Step(field.name(), kind, field.isOptional(), slot, slots));
    }

    private void pop() {
      path.remove(path.size() - 1);
    }
  }
}
