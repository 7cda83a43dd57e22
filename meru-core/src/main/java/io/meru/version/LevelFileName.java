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

package io.meru.version;

import io.meru.key.HashRange;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a level file says, so that pruning reads no footer:
 *
 * <pre>
 *   meru-L{level}-{first hash}-{last hash}-{fingerprint}-{sink id}-{unique}.parquet
 *   meru-L0-0000-7fff-5e1f00aa-orders-0f8fad5bd9cb469fa16570867728950e.parquet
 * </pre>
 *
 * Hashes are four hexadecimal digits, both inclusive, and bound the hashes of the rows in the file.
 * The fingerprint names key columns and encoding ({@link io.meru.key.KeySpec#fingerprint}); a file
 * with another fingerprint than the table's present key is treated as foreign. The sink id holds
 * letters, digits, dots and underscores only. Hexadecimal digits are lower case. A name that
 * departs from this in any way is a foreign file's.
 *
 * @param level 0 for flushes, 1 and up for compactions
 * @param hashRange bounds the hashes of the rows in the file; may be wider, never narrower
 * @param fingerprint eight hexadecimal digits
 * @param sinkId the sink that wrote the file
 * @param unique 32 hexadecimal digits that no other file has
 */
public record LevelFileName(
    int level, HashRange hashRange, String fingerprint, String sinkId, String unique) {
  /** Levels are below this: they are two digits at most. */
  public static final int LEVELS = 100;

  private static final int MAX_LEVEL = LEVELS - 1;

  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{8}");
  private static final Pattern SINK_ID = Pattern.compile("[A-Za-z0-9._]+");
  private static final Pattern UNIQUE = Pattern.compile("[0-9a-f]{32}");
  private static final Pattern NAME =
      Pattern.compile(
          "meru-L(0|[1-9][0-9]?)-([0-9a-f]{4})-([0-9a-f]{4})-(%s)-(%s)-(%s)\\.parquet"
              .formatted(FINGERPRINT, SINK_ID, UNIQUE));

  /** Refuses parts that {@link #parse} would not read back. */
  public LevelFileName {
    if (level < 0 || level > MAX_LEVEL) {
      throw new IllegalArgumentException(
          "Level must be from 0 to %d but was %d".formatted(MAX_LEVEL, level));
    }
    check("Fingerprint", fingerprint, FINGERPRINT, "eight lower-case hexadecimal digits");
    check("Sink id", sinkId, SINK_ID, "letters, digits, dots and underscores");
    check("Unique part", unique, UNIQUE, "32 lower-case hexadecimal digits");
  }

  /** The name of a new file, which {@code id} makes its own. */
  public static LevelFileName of(
      int level, HashRange hashRange, String fingerprint, String sinkId, UUID id) {
    return new LevelFileName(level, hashRange, fingerprint, sinkId, id.toString().replace("-", ""));
  }

  /** The file's name, without a folder. */
  public String format() {
    return "meru-L%d-%04x-%04x-%s-%s-%s.parquet"
        .formatted(level, hashRange.start(), hashRange.end() - 1, fingerprint, sinkId, unique);
  }

  /** Reads the name of a level file from its path; empty when the file is foreign. */
  public static Optional<LevelFileName> parse(String path) {
    Matcher name = NAME.matcher(path.substring(path.lastIndexOf('/') + 1));
    if (!name.matches()) {
      return Optional.empty();
    }
    int first = Integer.parseInt(name.group(2), 16);
    int last = Integer.parseInt(name.group(3), 16);
    if (first > last) {
      return Optional.empty();
    }
    return Optional.of(
        new LevelFileName(
            Integer.parseInt(name.group(1)),
            new HashRange(first, last + 1),
            name.group(4),
            name.group(5),
            name.group(6)));
  }

  private static void check(String what, String value, Pattern pattern, String allowed) {
    if (!pattern.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "%s must consist of %s but was '%s'".formatted(what, allowed, value));
    }
  }
}
