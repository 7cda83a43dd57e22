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

import io.meru.key.SortedKeys;
import io.meru.version.LevelFileName;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a level file says of itself in its Parquet footer. Part of the file format:
 *
 * <pre>
 *   meru.format        version of these keys: {@value #FORMAT_VERSION}
 *   meru.level         level, decimal
 *   meru.hash-range    first and last hash, both inclusive, as 0000-7fff
 *   meru.fingerprint   key columns and encoding: {@link io.meru.key.KeySpec#fingerprint}
 *   meru.key-min       the first row's user key, hexadecimal
 *   meru.key-max       the last row's user key, hexadecimal
 *   iceberg.schema     the table's schema when the file was written, JSON
 * </pre>
 */
public final class FooterKeys {
  /** Version of the keys below. */
  public static final String FORMAT = "meru.format";

  /** Level, decimal. */
  public static final String LEVEL = "meru.level";

  /** First and last hash, both inclusive, four hexadecimal digits each. */
  public static final String HASH_RANGE = "meru.hash-range";

  /** Key columns and encoding. */
  public static final String FINGERPRINT = "meru.fingerprint";

  /** The first row's user key, hexadecimal. */
  public static final String KEY_MIN = "meru.key-min";

  /** The last row's user key, hexadecimal. */
  public static final String KEY_MAX = "meru.key-max";

  /** The table's schema, as Iceberg's own writer states it. */
  public static final String ICEBERG_SCHEMA = "iceberg.schema";

  /** Value of {@link #FORMAT}. */
  public static final String FORMAT_VERSION = "1";

  private FooterKeys() {}

  /** The footer's keys of a file that holds the entries from {@code first} to {@code last}. */
  static Map<String, String> of(
      LevelFileName name, String schemaJson, SortedKeys keys, int first, int last) {
    return of(name, schemaJson, hex(keys, first), hex(keys, last));
  }

  /** The footer's keys of a file whose first and last key, in hexadecimal, are these. */
  static Map<String, String> of(
      LevelFileName name, String schemaJson, String minKey, String maxKey) {
    Map<String, String> footer = new LinkedHashMap<>();
    footer.put(FORMAT, FORMAT_VERSION);
    footer.put(LEVEL, Integer.toString(name.level()));
    footer.put(
        HASH_RANGE, "%04x-%04x".formatted(name.hashRange().start(), name.hashRange().end() - 1));
    footer.put(FINGERPRINT, name.fingerprint());
    footer.put(KEY_MIN, minKey);
    footer.put(KEY_MAX, maxKey);
    footer.put(ICEBERG_SCHEMA, schemaJson);
    return footer;
  }

  private static String hex(SortedKeys keys, int i) {
    int offset = keys.offset(i);
    return HexFormat.of().formatHex(keys.array(i), offset, offset + keys.length(i));
  }
}
