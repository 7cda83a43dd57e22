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

package io.meru.io;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The part of a location by which files are compared: without scheme and authority, and without
 * doubled slashes. One file may be named {@code s3://bucket/a}, {@code s3a://bucket/a} or, locally,
 * {@code /a}, {@code file:/a} and {@code file:///a}. Two files of different buckets may look alike;
 * an orphan removal then keeps one too many.
 */
public final class LocationPath {
  private LocationPath() {}

  /** The path of {@code location}. */
  public static String of(String location) {
    String path = withoutScheme(location);
    if (path.startsWith("//")) {
      int end = path.indexOf('/', 2);
      path = end < 0 ? "" : path.substring(end);
    }
    return withoutDoubledSlashes(path);
  }

  /**
   * The object store, with bucket or container, that {@code location} lies in, by whatever scheme
   * it is named; empty for a file system.
   */
  public static String storeOf(String location) {
    String scheme = location.substring(0, schemeLength(location)).toLowerCase(Locale.ROOT);
    return switch (scheme) {
      case "", "file", "hdfs", "viewfs", "webhdfs", "swebhdfs" -> "";
      case "s3", "s3a", "s3n" -> "s3:" + authorityOf(location);
      case "abfs", "abfss", "wasb", "wasbs" -> "azure:" + accountOf(authorityOf(location));
      default -> scheme + ":" + authorityOf(location);
    };
  }

  private static String authorityOf(String location) {
    String path = withoutScheme(location);
    if (!path.startsWith("//")) {
      return "";
    }
    int end = path.indexOf('/', 2);
    return end < 0 ? path.substring(2) : path.substring(2, end);
  }

  /** {@code container@account}, which has a host of its own for each scheme. */
  private static String accountOf(String authority) {
    int dot = authority.indexOf('.', authority.indexOf('@') + 1);
    return dot < 0 ? authority : authority.substring(0, dot);
  }

  private static String withoutScheme(String location) {
    int length = schemeLength(location);
    return length > 0 ? location.substring(length + 1) : location;
  }

  /** Characters before the colon; 0 for a location without a scheme. */
  private static int schemeLength(String location) {
    int colon = location.indexOf(':');
    return colon > 0 && colon < location.indexOf('/') ? colon : 0;
  }

  /** The path with its {@code %xx} turned back, as a tool that escapes names may list it. */
  public static String decoded(String path) {
    if (path.indexOf('%') < 0) {
      return path;
    }
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      int high = bytes[i] == '%' && i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
      int low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
      if (low < 0) {
        decoded.write(bytes[i]);
      } else {
        decoded.write(high << 4 | low);
        i += 2;
      }
    }
    return decoded.toString(StandardCharsets.UTF_8);
  }

  /** Whether {@code inner}, a file or folder, lies in folder {@code outer}, or is it. */
  public static boolean isWithin(String inner, String outer) {
    String path = withoutTrailingSlash(of(inner));
    String parent = withoutTrailingSlash(of(outer));
    return path.equals(parent) || path.startsWith(parent + "/");
  }

  /** The location without slashes at its end, but for a root's. */
  public static String withoutTrailingSlash(String location) {
    int end = location.length();
    while (end > 1 && location.charAt(end - 1) == '/' && location.charAt(end - 2) != ':') {
      end--;
    }
    return location.substring(0, end);
  }

  private static String withoutDoubledSlashes(String path) {
    return path.contains("//") ? path.replaceAll("/{2,}", "/") : path;
  }
}
