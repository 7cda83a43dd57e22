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

import io.meru.flink.data.ValuePlan.Form;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * How rows of a Flink type are read as rows of an Iceberg schema. Making one is the check that the
 * two fit:
 *
 * <ul>
 *   <li>Columns, and fields of nested rows, are matched by name; order does not matter.
 *   <li>A column that only the table has is written as NULL; it is refused if it is required.
 *   <li>A column that only the row has is refused.
 *   <li>Types must be those that Iceberg's Flink module maps to each other, or narrower ones: an
 *       int fits a long column, a float a double one, a decimal one of higher precision. Timestamps
 *       are truncated to the column's unit.
 *   <li>A nullable column fits a required one; a NULL that then arrives is refused.
 * </ul>
 */
public final class RowPlan {
  private final ValuePlan root;

  private RowPlan(ValuePlan root) {
    this.root = root;
  }

  /**
   * Matches {@code rowType} with {@code schema}.
   *
   * @param table the table's name, for messages
   * @throws IllegalArgumentException naming the first column that does not fit, and why
   */
  public static RowPlan of(String table, RowType rowType, Schema schema) {
    Matcher matcher = new Matcher(table, schema.identifierFieldIds());
    return new RowPlan(matcher.struct("", rowType, schema.asStruct()));
  }

  ValuePlan root() {
    return root;
  }

  /** Walks both types together. */
  private static final class Matcher {
    private final String table;
    private final Set<Integer> keyIds;

    Matcher(String table, Set<Integer> keyIds) {
      this.table = table;
      this.keyIds = keyIds;
    }

    ValuePlan struct(String path, RowType flink, Types.StructType iceberg) {
      refuseExtraFields(path, flink, iceberg);
      List<Types.NestedField> fields = iceberg.fields();
      ValuePlan[] plans = new ValuePlan[fields.size()];
      for (int i = 0; i < plans.length; i++) {
        plans[i] = field(path, flink, fields.get(i));
      }
      return ValuePlan.struct(path, plans, flink.getFieldCount());
    }

    private ValuePlan field(String parent, RowType flink, Types.NestedField iceberg) {
      String path = parent.isEmpty() ? iceberg.name() : parent + "." + iceberg.name();
      int source = flink.getFieldIndex(iceberg.name());
      if (source < 0) {
        refuseIfRequired(path, iceberg, flink);
        return ValuePlan.missing(path);
      }
      return value(path, flink.getTypeAt(source), iceberg.type())
          .at(source)
          .withNullForbidden(iceberg.isRequired() && !keyIds.contains(iceberg.fieldId()));
    }

    private void refuseIfRequired(String path, Types.NestedField iceberg, RowType flink) {
      if (iceberg.isRequired()) {
        throw new IllegalArgumentException(
            "Cannot write to table %s: its required column '%s' is missing in the rows, which have %s"
                .formatted(table, path, flink.getFieldNames()));
      }
    }

    private void refuseExtraFields(String path, RowType flink, Types.StructType iceberg) {
      for (String name : flink.getFieldNames()) {
        if (iceberg.field(name) == null) {
          throw new IllegalArgumentException(
              "Cannot write to table %s: the rows have a column '%s' that %s does not have; it has %s"
                  .formatted(
                      table,
                      path.isEmpty() ? name : path + "." + name,
                      path.isEmpty() ? "the table" : "column '" + path + "'",
                      iceberg.fields().stream()
                          .map(Types.NestedField::name)
                          .collect(Collectors.toList())));
        }
      }
    }

    private ValuePlan value(String path, LogicalType flink, Type iceberg) {
      ValuePlan plan =
          switch (iceberg.typeId()) {
            case STRUCT -> structValue(path, flink, iceberg.asStructType());
            case LIST -> list(path, flink, iceberg.asListType());
            case MAP -> map(path, flink, iceberg.asMapType());
            default -> leaf(path, flink, iceberg);
          };
      if (plan == null) {
        throw new IllegalArgumentException(
            "Cannot write to table %s: column '%s' has type %s and the rows have %s, which does not fit"
                .formatted(table, path, iceberg, flink.asSummaryString()));
      }
      return plan;
    }

    private @Nullable ValuePlan structValue(
        String path, LogicalType flink, Types.StructType iceberg) {
      return flink instanceof RowType row ? struct(path, row, iceberg) : null;
    }

    private @Nullable ValuePlan list(String path, LogicalType flink, Types.ListType iceberg) {
      if (!(flink instanceof ArrayType array)) {
        return null;
      }
      ValuePlan element = value(path + ".element", array.getElementType(), iceberg.elementType());
      return ValuePlan.list(path, element.withNullForbidden(iceberg.isElementRequired()));
    }

    private @Nullable ValuePlan map(String path, LogicalType flink, Types.MapType iceberg) {
      LogicalType keyType;
      LogicalType valueType;
      if (flink instanceof MapType map) {
        keyType = map.getKeyType();
        valueType = map.getValueType();
      } else if (flink instanceof MultisetType multiset) {
        keyType = multiset.getElementType();
        valueType = new IntType(false);
      } else {
        return null;
      }
      ValuePlan key = value(path + ".key", keyType, iceberg.keyType());
      ValuePlan value = value(path + ".value", valueType, iceberg.valueType());
      return ValuePlan.map(
          path, key.withNullForbidden(true), value.withNullForbidden(iceberg.isValueRequired()));
    }

    private static @Nullable ValuePlan leaf(String path, LogicalType flink, Type iceberg) {
      Form form = form(flink, iceberg);
      if (form == null) {
        return null;
      }
      return switch (form) {
        case DECIMAL ->
            ValuePlan.leaf(
                path, form, ((DecimalType) flink).getPrecision(), ((DecimalType) flink).getScale());
        case TIMESTAMP_MICROS, TIMESTAMP_NANOS ->
            ValuePlan.leaf(path, form, LogicalTypeChecks.getPrecision(flink), 0);
        default -> ValuePlan.leaf(path, form, 0, 0);
      };
    }

    private static @Nullable Form form(LogicalType flink, Type iceberg) {
      LogicalTypeRoot root = flink.getTypeRoot();
      return switch (iceberg.typeId()) {
        case BOOLEAN -> root == LogicalTypeRoot.BOOLEAN ? Form.BOOLEAN : null;
        case INTEGER -> intForm(root);
        case LONG -> root == LogicalTypeRoot.BIGINT ? Form.BIGINT : intForm(root);
        case FLOAT -> root == LogicalTypeRoot.FLOAT ? Form.FLOAT : null;
        case DOUBLE ->
            root == LogicalTypeRoot.DOUBLE
                ? Form.DOUBLE
                : root == LogicalTypeRoot.FLOAT ? Form.FLOAT : null;
        case DATE -> root == LogicalTypeRoot.DATE ? Form.INT : null;
        case TIME -> root == LogicalTypeRoot.TIME_WITHOUT_TIME_ZONE ? Form.TIME : null;
        case TIMESTAMP ->
            timestampForm(
                root, ((Types.TimestampType) iceberg).shouldAdjustToUTC(), Form.TIMESTAMP_MICROS);
        case TIMESTAMP_NANO ->
            timestampForm(
                root,
                ((Types.TimestampNanoType) iceberg).shouldAdjustToUTC(),
                Form.TIMESTAMP_NANOS);
        case STRING ->
            root == LogicalTypeRoot.VARCHAR || root == LogicalTypeRoot.CHAR ? Form.STRING : null;
        case BINARY ->
            root == LogicalTypeRoot.VARBINARY || root == LogicalTypeRoot.BINARY ? Form.BYTES : null;
        case FIXED -> fixedForm(flink, ((Types.FixedType) iceberg).length());
        case UUID -> fixedForm(flink, 16);
        case DECIMAL -> decimalForm(flink, (Types.DecimalType) iceberg);
        case VARIANT -> root == LogicalTypeRoot.VARIANT ? Form.VARIANT : null;
        case UNKNOWN -> root == LogicalTypeRoot.NULL ? Form.NULL : null;
        default -> null;
      };
    }

    private static @Nullable Form intForm(LogicalTypeRoot root) {
      return switch (root) {
        case TINYINT -> Form.TINYINT;
        case SMALLINT -> Form.SMALLINT;
        case INTEGER -> Form.INT;
        default -> null;
      };
    }

    private static @Nullable Form timestampForm(
        LogicalTypeRoot root, boolean adjustedToUtc, Form form) {
      LogicalTypeRoot expected =
          adjustedToUtc
              ? LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE
              : LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE;
      return root == expected ? form : null;
    }

    private static @Nullable Form fixedForm(LogicalType flink, int length) {
      return flink instanceof BinaryType binary && binary.getLength() == length ? Form.BYTES : null;
    }

    private static @Nullable Form decimalForm(LogicalType flink, Types.DecimalType iceberg) {
      return flink instanceof DecimalType decimal
              && decimal.getScale() == iceberg.scale()
              && decimal.getPrecision() <= iceberg.precision()
          ? Form.DECIMAL
          : null;
    }
  }
}
