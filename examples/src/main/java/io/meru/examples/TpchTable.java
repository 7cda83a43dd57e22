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

package io.meru.examples;

import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import io.trino.tpch.LineItem;
import io.trino.tpch.Order;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** The two tables that TPC-H's refresh functions change: columns, primary key, rows as values. */
enum TpchTable {
  ORDERS(
      Set.of(1),
      required(1, "o_orderkey", Types.LongType.get()),
      optional(2, "o_custkey", Types.LongType.get()),
      optional(3, "o_orderstatus", Types.StringType.get()),
      optional(4, "o_totalprice", Types.DecimalType.of(15, 2)),
      optional(5, "o_orderdate", Types.DateType.get()),
      optional(6, "o_orderpriority", Types.StringType.get()),
      optional(7, "o_clerk", Types.StringType.get()),
      optional(8, "o_shippriority", Types.IntegerType.get()),
      optional(9, "o_comment", Types.StringType.get())),

  LINEITEM(
      Set.of(1, 2),
      required(1, "l_orderkey", Types.LongType.get()),
      required(2, "l_linenumber", Types.IntegerType.get()),
      optional(3, "l_partkey", Types.LongType.get()),
      optional(4, "l_suppkey", Types.LongType.get()),
      optional(5, "l_quantity", Types.DecimalType.of(15, 2)),
      optional(6, "l_extendedprice", Types.DecimalType.of(15, 2)),
      optional(7, "l_discount", Types.DecimalType.of(15, 2)),
      optional(8, "l_tax", Types.DecimalType.of(15, 2)),
      optional(9, "l_returnflag", Types.StringType.get()),
      optional(10, "l_linestatus", Types.StringType.get()),
      optional(11, "l_shipdate", Types.DateType.get()),
      optional(12, "l_commitdate", Types.DateType.get()),
      optional(13, "l_receiptdate", Types.DateType.get()),
      optional(14, "l_shipinstruct", Types.StringType.get()),
      optional(15, "l_shipmode", Types.StringType.get()),
      optional(16, "l_comment", Types.StringType.get()));

  @SuppressWarnings("ImmutableEnumChecker") // a schema does not change, it just is not marked so
  private final Schema schema;

  TpchTable(Set<Integer> keyIds, Types.NestedField... columns) {
    this.schema = new Schema(List.of(columns), keyIds);
  }

  /** The columns; the primary key is the schema's identifier fields, which come first. */
  Schema schema() {
    return schema;
  }

  /** Columns of the primary key; they are the first ones. */
  int keyColumns() {
    return schema.identifierFieldIds().size();
  }

  /** Types of the columns, in order. */
  List<Type> types() {
    return schema.columns().stream().map(Types.NestedField::type).collect(Collectors.toList());
  }

  /** The table's place in the example's catalog. */
  TableIdentifier identifier() {
    return TableIdentifier.of("tpch", name().toLowerCase(Locale.ROOT));
  }

  /** Names of the columns. */
  List<String> columnNames() {
    return schema.columns().stream().map(Types.NestedField::name).collect(Collectors.toList());
  }

  /** A row's values, nulls but for the key: what a delete carries. */
  Object[] keyOnly(Object[] values) {
    Object[] key = new Object[values.length];
    System.arraycopy(values, 0, key, 0, keyColumns());
    return key;
  }

  /** The key of a row as text, for the oracle. */
  String keyText(Object[] values) {
    return IntStream.range(0, keyColumns())
        .mapToObj(i -> values[i].toString())
        .collect(Collectors.joining("|"));
  }

  /** Values of an order, with another key, after {@code version} changes of its status. */
  static Object[] orderRow(Order order, long key, int version) {
    return new Object[] {
      key,
      order.getCustomerKey(),
      statusAfter(String.valueOf(order.getOrderStatus()), version),
      BigDecimal.valueOf(order.getTotalPriceInCents() + version, 2),
      LocalDate.ofEpochDay(order.getOrderDate()),
      order.getOrderPriority(),
      order.getClerk(),
      order.getShipPriority(),
      order.getComment()
    };
  }

  /** Values of a line, with another order's key, after {@code version} changes of its order. */
  static Object[] lineRow(LineItem line, long key, int version) {
    return new Object[] {
      key,
      line.getLineNumber(),
      line.getPartKey(),
      line.getSupplierKey(),
      BigDecimal.valueOf(line.getQuantity() * 100, 2),
      BigDecimal.valueOf(line.getExtendedPriceInCents(), 2),
      BigDecimal.valueOf(line.getDiscountPercent(), 2),
      BigDecimal.valueOf(line.getTaxPercent(), 2),
      line.getReturnFlag(),
      version == 0 ? line.getStatus() : "F",
      LocalDate.ofEpochDay(line.getShipDate()),
      LocalDate.ofEpochDay(line.getCommitDate()),
      LocalDate.ofEpochDay(line.getReceiptDate()).plusDays(version),
      line.getShipInstructions(),
      line.getShipMode(),
      line.getComment()
    };
  }

  private static String statusAfter(String first, int version) {
    return switch (version) {
      case 0 -> first;
      case 1 -> "P";
      default -> "F";
    };
  }
}
