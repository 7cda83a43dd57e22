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

package io.meru.benchmarks.e2e;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;

/**
 * The rows of a workload: id, customer_id, status (5 values), amount, updated_at, note (40 random
 * characters), about 46 bytes each after zstd. {@code updated_at} holds the version: operation
 * {@code n} writes {@link #EPOCH_MILLIS} plus n milliseconds.
 */
public final class Rows {
  /** 2026-01-01T00:00:00Z. */
  static final long EPOCH_MILLIS = 1_767_225_600_000L;

  /** Position of the columns. */
  static final int ID = 0;

  static final int CUSTOMER = 1;
  static final int STATUS = 2;
  static final int AMOUNT = 3;
  static final int UPDATED_AT = 4;
  static final int NOTE = 5;

  static final String[] NAMES = {"id", "customer_id", "status", "amount", "updated_at", "note"};
  static final int AMOUNT_PRECISION = 12;
  static final int AMOUNT_SCALE = 2;
  private static final int NOTE_LENGTH = 40;

  private static final BinaryStringData[] STATUSES = {
    BinaryStringData.fromString("PENDING"),
    BinaryStringData.fromString("PAID"),
    BinaryStringData.fromString("PACKED"),
    BinaryStringData.fromString("SHIPPED"),
    BinaryStringData.fromString("DELIVERED"),
  };
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final Workload workload;

  /** The rows of {@code workload}. */
  public Rows(Workload workload) {
    this.workload = workload;
  }

  /** Flink's type of the rows. */
  public static RowType type(Workload workload) {
    LogicalType id =
        switch (workload.keyType()) {
          case BIGINT -> new BigIntType(false);
          case UUID_STRING -> new VarCharType(false, VarCharType.MAX_LENGTH);
        };
    return RowType.of(
        new LogicalType[] {
          id,
          new BigIntType(),
          new VarCharType(VarCharType.MAX_LENGTH),
          new DecimalType(AMOUNT_PRECISION, AMOUNT_SCALE),
          new TimestampType(6),
          new VarCharType(VarCharType.MAX_LENGTH)
        },
        NAMES);
  }

  /** The row that operation {@code n} sends. */
  public RowData row(int n) {
    long random = Bits.mix(-1L - n);
    GenericRowData row =
        new GenericRowData(workload.isDelete(n) ? RowKind.DELETE : updateKind(n), NAMES.length);
    row.setField(ID, id(workload.keyIndex(n)));
    row.setField(CUSTOMER, customer(n));
    row.setField(STATUS, STATUSES[Bits.below(random, STATUSES.length)]);
    row.setField(
        AMOUNT, DecimalData.fromUnscaledLong(random & 0xFF_FFFF, AMOUNT_PRECISION, AMOUNT_SCALE));
    row.setField(UPDATED_AT, TimestampData.fromEpochMillis(EPOCH_MILLIS + n));
    row.setField(NOTE, note(random));
    return row;
  }

  /** What operation {@code n} writes to {@code customer_id}. */
  static long customer(int n) {
    return Bits.mix(-1L - n) >>> 44;
  }

  private RowKind updateKind(int n) {
    return n < workload.keys() ? RowKind.INSERT : RowKind.UPDATE_AFTER;
  }

  private Object id(int keyIndex) {
    return switch (workload.keyType()) {
      case BIGINT -> Bits.scatter(keyIndex);
      case UUID_STRING -> BinaryStringData.fromBytes(uuid(keyIndex));
    };
  }

  /**
   * A UUID's 36 characters. The first 40 bits are the scattered index, the rest is derived from it.
   */
  static byte[] uuid(int keyIndex) {
    long high = Bits.scatter(keyIndex) << 24 | Bits.mix(keyIndex) >>> 40;
    long low = Bits.mix(high);
    byte[] text = new byte[36];
    int at = 0;
    for (int digit = 0; digit < 32; digit++) {
      if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
        text[at++] = '-';
      }
      long half = digit < 16 ? high : low;
      text[at++] = HEX[(int) (half >>> (60 - 4 * (digit & 15))) & 15];
    }
    return text;
  }

  private static BinaryStringData note(long seed) {
    byte[] text = new byte[NOTE_LENGTH];
    long bits = seed;
    for (int i = 0; i < NOTE_LENGTH; i += Long.BYTES) {
      bits = Bits.mix(bits);
      LONGS.set(text, i, Bits.printable(bits));
    }
    return BinaryStringData.fromBytes(text);
  }
}
