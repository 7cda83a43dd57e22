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

package io.meru.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the values of options mean, and what is said of one that means nothing. */
final class Arguments {
  private static final Pattern AGE = Pattern.compile("(\\d{1,9})([smhd])");

  private static final Pattern SIZE = Pattern.compile("(\\d{1,12}) ?(b|kb|mb|gb|tb)?");
  private static final List<String> SIZE_UNITS = List.of("b", "kb", "mb", "gb", "tb");

  private Arguments() {}

  /**
   * The time that {@code AGE|TIME} names: an age such as {@code 7d} before {@code now}, or itself.
   *
   * @param option named in the message
   * @throws IllegalArgumentException if it is neither
   */
  static Instant time(String option, String text, Instant now) {
    Matcher age = AGE.matcher(text);
    if (age.matches()) {
      return now.minus(duration(Long.parseLong(age.group(1)), age.group(2)));
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          ("%s '%s' is neither an age such as 90m, 12h or 7d nor a time with an offset such as"
                  + " 2026-01-31T12:00:00Z")
              .formatted(option, text),
          e);
    }
  }

  private static Duration duration(long count, String unit) {
    return switch (unit) {
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  /**
   * The bytes that {@code text} names: a number with b, kb, mb, gb or tb behind it, in steps of
   * 1,024 as in the options of SQL, or with nothing for bytes.
   *
   * @param option named in the message
   * @throws IllegalArgumentException if it is none
   */
  static long bytes(String option, String text) {
    Matcher size = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (!size.matches()) {
      throw new IllegalArgumentException(
          "%s '%s' is no size such as 128mb or 1gb".formatted(option, text));
    }
    String name = size.group(2) == null ? SIZE_UNITS.get(0) : size.group(2);
    long unit = 1L << (10 * SIZE_UNITS.indexOf(name));
    long count = Long.parseLong(size.group(1));
    if (count > Long.MAX_VALUE / unit) {
      throw new IllegalArgumentException("%s '%s' is too large".formatted(option, text));
    }
    return count * unit;
  }

  /** What {@link #bytes} reads as {@code bytes}, in the largest unit in which it is whole. */
  static String size(long bytes) {
    int unit = 0;
    long count = bytes;
    while (count >= 1024 && count % 1024 == 0 && unit < SIZE_UNITS.size() - 1) {
      count /= 1024;
      unit++;
    }
    return count + SIZE_UNITS.get(unit);
  }

  /** Refuses a negative number of lines. */
  static void requireLimit(int lines) {
    if (lines < 0) {
      throw new IllegalArgumentException("--limit must be 0, for all, or more but was " + lines);
    }
  }

  /** Refuses a number below 1. */
  static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "%s must be 1 or more but was %d".formatted(option, value));
    }
  }
}
