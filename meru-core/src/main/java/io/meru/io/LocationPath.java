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

  /** The scheme that {@code location} begins with; empty if there is none. */
  static String schemeOf(String location) {
    int colon = location.indexOf(':');
    return colon > 0 && colon < location.indexOf('/') ? location.substring(0, colon) : "";
  }

  /** Bucket, container or host of {@code location}, behind its scheme; empty if there is none. */
  static String authorityOf(String location) {
    String path = withoutScheme(location);
    if (!path.startsWith("//")) {
      return "";
    }
    int end = path.indexOf('/', 2);
    return end < 0 ? path.substring(2) : path.substring(2, end);
  }

  private static String withoutScheme(String location) {
    String scheme = schemeOf(location);
    return scheme.isEmpty() ? location : location.substring(scheme.length() + 1);
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
