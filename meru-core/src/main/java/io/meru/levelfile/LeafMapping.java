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

import io.meru.error.UnsupportedTableException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Where a leaf column of the table finds its values in a file that may have been written with an
 * older schema. Fields are found by id, as Iceberg's readers do: what a file lacks has the field's
 * initial default, or is NULL.
 *
 * @param stored the file's column with the values; of a field that the file lacks, one beside it in
 *     the same struct, which tells the struct's levels; null when the field stands at the top
 * @param form what becomes of the values; null when the file lacks the field
 * @param levels the table's definition level for each of the file's column {@code stored}; of a
 *     field that the file lacks, only below {@link #presentLevel}
 * @param repetitionLevel of a field that the file lacks: of its struct
 * @param presentLevel of a field that the file lacks: the definition level in {@code stored} from
 *     which on its struct is there
 * @param absentLevel of a field that the file lacks: the table's definition level where its struct
 *     is there
 * @param constant of a field that the file lacks: its initial default, in Iceberg's single-value
 *     serialization; null for NULL
 */
record LeafMapping(
    @Nullable ColumnDescriptor stored,
    @Nullable ValueForm form,
    byte[] levels,
    int repetitionLevel,
    int presentLevel,
    int absentLevel,
    @Nullable ByteBuffer constant) {

  /** In place of the table's level: the table allows no NULL where the file may have one. */
  static final byte REFUSED = -1;

  /**
   * The mappings of {@code columns}, in their order.
   *
   * @throws UnsupportedTableException if there is none for one of them; the message says why
   */
  static List<LeafMapping> of(
      String path, Schema schema, List<LeafColumn> columns, MessageType file) {
    Walk walk = new Walk(path, columns, file);
    if (!ParquetSchemaUtil.hasIds(file)) {
      throw walk.refusal("its columns have no field ids");
    }
    walk.struct(schema.asStruct(), file);
    return walk.mappings;
  }

  private static final class Walk {
    private final String path;
    private final List<LeafColumn> columns;
    private final MessageType file;
    private final List<LeafMapping> mappings = new ArrayList<>();

    /** How much each step of the path adds to the definition level, in the file and the table. */
    private final List<int[]> steps = new ArrayList<>();

    private final List<String> names = new ArrayList<>();
    private int repetition;

    Walk(String path, List<LeafColumn> columns, MessageType file) {
      this.path = path;
      this.columns = columns;
      this.file = file;
    }

    private void struct(Types.StructType struct, GroupType stored) {
      for (Types.NestedField field : struct.fields()) {
        Type child = child(stored, field.fieldId());
        if (field.type().typeId() == org.apache.iceberg.types.Type.TypeID.UNKNOWN) {
          continue; // it is in no file
        }
        if (child == null) {
          absent(field, stored);
        } else {
          present(field, child);
        }
      }
    }

    private void present(Types.NestedField field, Type child) {
      if (child.isRepetition(Type.Repetition.REPEATED)) {
        throw refusal("column '%s' is stored as %s".formatted(field.name(), child));
      }
      names.add(child.getName());
      steps.add(
          new int[] {
            child.isRepetition(Type.Repetition.OPTIONAL) ? 1 : 0, field.isOptional() ? 1 : 0
          });
      switch (field.type().typeId()) {
        case STRUCT -> struct(field.type().asStructType(), group(field, child));
        case LIST -> list(field, group(field, child));
        case MAP -> map(field, group(field, child));
        case VARIANT -> variant(field, group(field, child));
        default -> {
          if (!child.isPrimitive()) {
            throw refusal("column '%s' is stored as %s".formatted(field.name(), child));
          }
          stored(form(field, child.asPrimitiveType()));
        }
      }
      steps.remove(steps.size() - 1);
      names.remove(names.size() - 1);
    }

    private void list(Types.NestedField field, GroupType list) {
      GroupType repeated = repeated(field, list, 1);
      Types.NestedField element = field.type().asListType().fields().get(0);
      intoRepeated(repeated);
      present(element, checkedId(field, repeated.getType(0), element.fieldId()));
      outOfRepeated();
    }

    private void map(Types.NestedField field, GroupType map) {
      GroupType repeated = repeated(field, map, 2);
      List<Types.NestedField> entry = field.type().asMapType().fields();
      intoRepeated(repeated);
      for (int i = 0; i < 2; i++) {
        present(entry.get(i), checkedId(field, repeated.getType(i), entry.get(i).fieldId()));
      }
      outOfRepeated();
    }

    private void variant(Types.NestedField field, GroupType variant) {
      for (String part : new String[] {"metadata", "value"}) {
        boolean plain =
            variant.getFieldCount() == 2
                && variant.containsField(part)
                && variant.getType(part).isPrimitive()
                && variant.getType(part).isRepetition(Type.Repetition.REQUIRED);
        if (!plain) {
          throw refusal("column '%s' holds shredded variants".formatted(field.name()));
        }
        names.add(part);
        stored(ValueForm.BYTES);
        names.remove(names.size() - 1);
      }
    }

    private void intoRepeated(GroupType repeated) {
      names.add(repeated.getName());
      steps.add(new int[] {1, 1});
      repetition++;
    }

    private void outOfRepeated() {
      repetition--;
      steps.remove(steps.size() - 1);
      names.remove(names.size() - 1);
    }

    private GroupType group(Types.NestedField field, Type child) {
      if (child.isPrimitive()) {
        throw refusal("column '%s' is stored as %s".formatted(field.name(), child));
      }
      return child.asGroupType();
    }

    private GroupType repeated(Types.NestedField field, GroupType group, int fields) {
      Type repeated = group.getFieldCount() == 1 ? group.getType(0) : null;
      if (repeated == null
          || repeated.isPrimitive()
          || !repeated.isRepetition(Type.Repetition.REPEATED)
          || repeated.asGroupType().getFieldCount() != fields) {
        throw refusal("column '%s' is stored as %s".formatted(field.name(), group));
      }
      return repeated.asGroupType();
    }

    private Type checkedId(Types.NestedField field, Type child, int id) {
      if (child.getId() == null || child.getId().intValue() != id) {
        throw refusal("in column '%s' it has no field %d".formatted(field.name(), id));
      }
      return child;
    }

    private void stored(ValueForm form) {
      mappings.add(
          new LeafMapping(
              file.getColumnDescription(names.toArray(String[]::new)),
              form,
              levels(),
              0,
              0,
              0,
              null));
    }

    /** All leaves of a field that the file lacks. */
    private void absent(Types.NestedField field, GroupType parent) {
      boolean hasDefault = field.initialDefault() != null;
      boolean isNested = !field.type().isPrimitiveType();
      if (hasDefault ? isNested : field.isRequired()) {
        throw refusal(
            "it lacks column '%s', which %s"
                .formatted(field.name(), hasDefault ? "has a nested default" : "is required"));
      }
      ColumnDescriptor beside = names.isEmpty() ? null : leastRepeatedLeaf(parent);
      ByteBuffer constant =
          hasDefault ? Conversions.toByteBuffer(field.type(), field.initialDefault()) : null;
      for (int left = leaves(field.type()); left > 0; left--) {
        mappings.add(new LeafMapping(beside, null, levels(), repetition, sum(0), sum(1), constant));
      }
    }

    private ColumnDescriptor leastRepeatedLeaf(GroupType parent) {
      return file.getColumns().stream()
          .filter(column -> isBelow(column.getPath()))
          .min(Comparator.comparingInt(ColumnDescriptor::getMaxRepetitionLevel))
          .orElseThrow(() -> refusal("group '%s' is empty".formatted(parent.getName())));
    }

    private boolean isBelow(String[] leaf) {
      if (leaf.length <= names.size()) {
        return false;
      }
      for (int i = 0; i < names.size(); i++) {
        if (!leaf[i].equals(names.get(i))) {
          return false;
        }
      }
      return true;
    }

    private static int leaves(org.apache.iceberg.types.Type type) {
      return switch (type.typeId()) {
        case UNKNOWN -> 0;
        case VARIANT -> 2;
        case STRUCT, LIST, MAP ->
            type.asNestedType().fields().stream().mapToInt(field -> leaves(field.type())).sum();
        default -> 1;
      };
    }

    /** The table's definition level for each of the file's, up to the end of the path so far. */
    private byte[] levels() {
      byte[] levels = new byte[sum(0) + 1];
      int fileLevel = 0;
      int tableLevel = 0;
      for (int[] step : steps) {
        if (step[0] == 1) {
          // defined up to here and no further: this step is NULL, or an empty list
          levels[fileLevel] = step[1] == 1 ? (byte) tableLevel : REFUSED;
          fileLevel++;
        }
        tableLevel += step[1];
      }
      levels[fileLevel] = (byte) tableLevel;
      return levels;
    }

    private int sum(int which) {
      return steps.stream().mapToInt(step -> step[which]).sum();
    }

    private static @Nullable Type child(GroupType group, int id) {
      for (Type child : group.getFields()) {
        if (child.getId() != null && child.getId().intValue() == id) {
          return child;
        }
      }
      return null;
    }

    private ValueForm form(Types.NestedField field, PrimitiveType stored) {
      PrimitiveTypeName physical = stored.getPrimitiveTypeName();
      LogicalTypeAnnotation annotation = stored.getLogicalTypeAnnotation();
      boolean isInt = physical == PrimitiveTypeName.INT32;
      boolean isLong = physical == PrimitiveTypeName.INT64;
      boolean isBytes =
          physical == PrimitiveTypeName.BINARY
              || physical == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
      @Nullable ValueForm form =
          switch (field.type().typeId()) {
            case BOOLEAN -> physical == PrimitiveTypeName.BOOLEAN ? ValueForm.LONG : null;
            case INTEGER -> isInt && isSigned(annotation) ? ValueForm.LONG : null;
            case LONG -> (isInt || isLong) && isSigned(annotation) ? ValueForm.LONG : null;
            case DATE -> isInt ? ValueForm.LONG : null;
            case FLOAT -> physical == PrimitiveTypeName.FLOAT ? ValueForm.LONG : null;
            case DOUBLE ->
                physical == PrimitiveTypeName.DOUBLE
                    ? ValueForm.LONG
                    : physical == PrimitiveTypeName.FLOAT ? ValueForm.FLOAT_TO_DOUBLE : null;
            case TIME, TIMESTAMP ->
                isLong && isIn(TimeUnit.MICROS, annotation) ? ValueForm.LONG : null;
            case TIMESTAMP_NANO ->
                isLong && isIn(TimeUnit.NANOS, annotation) ? ValueForm.LONG : null;
            case DECIMAL ->
                decimal((Types.DecimalType) field.type(), isInt || isLong, isBytes, annotation);
            case UUID, FIXED ->
                physical == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY
                        && stored.getTypeLength() == columns.get(mappings.size()).fixedLength()
                    ? ValueForm.BYTES
                    : null;
            case STRING, BINARY -> physical == PrimitiveTypeName.BINARY ? ValueForm.BYTES : null;
            default -> null;
          };
      if (form == null) {
        throw refusal(
            "it stores column '%s', of type %s, as %s"
                .formatted(field.name(), field.type(), stored));
      }
      return form;
    }

    private static boolean isSigned(@Nullable LogicalTypeAnnotation annotation) {
      return annotation == null
          || (annotation instanceof IntLogicalTypeAnnotation integer && integer.isSigned());
    }

    private static boolean isIn(TimeUnit unit, @Nullable LogicalTypeAnnotation annotation) {
      return (annotation instanceof TimestampLogicalTypeAnnotation timestamp
              && timestamp.getUnit() == unit)
          || (annotation instanceof TimeLogicalTypeAnnotation time && time.getUnit() == unit);
    }

    private @Nullable ValueForm decimal(
        Types.DecimalType type,
        boolean isNumber,
        boolean isBytes,
        @Nullable LogicalTypeAnnotation annotation) {
      if (!(annotation instanceof DecimalLogicalTypeAnnotation decimal)
          || decimal.getScale() != type.scale()
          || decimal.getPrecision() > type.precision()) {
        return null;
      }
      boolean toBytes = LeafShape.of(columns.get(mappings.size())).isOfBytes();
      if (isNumber) {
        return toBytes ? ValueForm.LONG_TO_BYTES : ValueForm.LONG;
      }
      return !isBytes ? null : toBytes ? ValueForm.BYTES : ValueForm.BYTES_TO_LONG;
    }

    UnsupportedTableException refusal(String why) {
      return new UnsupportedTableException(
          ("Cannot merge %s: %s. It stays as it is; to have its rows compacted, rewrite the file, for"
                  + " example by Spark's rewrite_data_files.")
              .formatted(path, why));
    }
  }

  /** The constant as the slot of a number would hold it. */
  static long constantLong(LeafColumn column, ByteBuffer constant) {
    Object value = Conversions.fromByteBuffer(column.type(), constant);
    return switch (column.type().typeId()) {
      case BOOLEAN -> (boolean) value ? 1 : 0;
      case FLOAT -> Float.floatToRawIntBits((float) value);
      case DOUBLE -> Double.doubleToRawLongBits((double) value);
      case DECIMAL -> ((BigDecimal) value).unscaledValue().longValueExact();
      default -> ((Number) value).longValue();
    };
  }

  /** The constant as a byte string. */
  static byte[] constantBytes(LeafColumn column, ByteBuffer constant) {
    if (column.isDecimal()) {
      BigInteger unscaled =
          Conversions.<BigDecimal>fromByteBuffer(column.type(), constant).unscaledValue();
      return unscaled.toByteArray();
    }
    byte[] bytes = new byte[constant.remaining()];
    constant.duplicate().get(bytes);
    return bytes;
  }
}
