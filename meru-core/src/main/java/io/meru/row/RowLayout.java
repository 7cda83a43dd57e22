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

package io.meru.row;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * How a row lies in a byte array between memtable and level file. A <i>region</i> of {@code n}
 * slots:
 *
 * <pre>
 *   null bitmap   ceil(n / 64) * 8 bytes; bit i of the little-endian longs set: slot i is NULL
 *   slots         n * 8 bytes, little-endian
 *   variable      what the slots of variable-length values point to, in no stated order
 *
 *   boolean              0 or 1
 *   int, date            the value, sign-extended
 *   long, time, timestamps, decimal up to precision 18 (unscaled)   the value
 *   float, double        raw bits (float in the low 32)
 *   string, binary, fixed, uuid, decimal above 18 (two's complement, big-endian, shortest form)
 *   struct, list, map, variant
 *                        (offset &lt;&lt; 32) | length; offset in bytes from the region's first byte
 * </pre>
 *
 * A row and a struct are regions with one slot per field, in the order of the Iceberg struct's
 * fields. A list is 8 bytes with its element count, then a region with one slot per element. A map
 * is a region of two slots, keys and values, both lists. A variant is a region of two slots,
 * metadata and value, both binary. Slots of NULLs are zero. This layout lives in memory only; no
 * file has it.
 */
public final class RowLayout {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Decimals up to this precision lie in their slot, those above it in the variable part. */
  public static final int MAX_SHORT_DECIMAL_PRECISION = 18;

  private RowLayout() {}

  /** Bytes of the null bitmap of a region with {@code slots} slots. */
  public static int bitmapBytes(int slots) {
    return ((slots + 63) >>> 6) << 3;
  }

  /** Bytes of bitmap and slots, which is where the variable part starts. */
  public static int fixedBytes(int slots) {
    return bitmapBytes(slots) + (slots << 3);
  }

  /** Whether slot {@code slot} of the region at {@code base} is NULL. */
  public static boolean isNull(byte[] array, int base, int slot) {
    return (getLong(array, base + ((slot >>> 6) << 3)) & (1L << slot)) != 0;
  }

  /** Marks slot {@code slot} of the region at {@code base} as NULL. */
  static void setNull(byte[] array, int base, int slot) {
    int at = base + ((slot >>> 6) << 3);
    putLong(array, at, getLong(array, at) | 1L << slot);
  }

  /** The content of slot {@code slot} of the region of {@code slots} slots at {@code base}. */
  public static long slot(byte[] array, int base, int slots, int slot) {
    return getLong(array, base + bitmapBytes(slots) + (slot << 3));
  }

  /** The slot of a variable-length value. */
  public static long pointer(int offset, int length) {
    return (long) offset << 32 | length;
  }

  /** Where a variable-length value starts, from the first byte of its region. */
  public static int offset(long slot) {
    return (int) (slot >>> 32);
  }

  /** Length in bytes of a variable-length value. */
  public static int length(long slot) {
    return (int) slot;
  }

  /** The little-endian long at {@code at}. */
  public static long getLong(byte[] array, int at) {
    return (long) LONG.get(array, at);
  }

  /** Writes the little-endian long at {@code at}. */
  public static void putLong(byte[] array, int at, long value) {
    LONG.set(array, at, value);
  }
}
