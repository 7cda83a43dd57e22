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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;

/**
 * A folder by its location, for the question whether two locations name the same one.
 *
 * @param kind of the storage, one for all schemes by which it goes; empty for a location without a
 *     scheme, which may be a path of the local file system or of HDFS
 * @param authority bucket, container and account, or host, without what one storage has several of;
 *     empty where the location leaves it to the configuration
 * @param path without scheme, authority, doubled slashes and dots
 * @param location as it was given
 */
public record StorageFolder(String kind, String authority, String path, String location) {
  private static final String ANY = "";
  private static final String LOCAL = "file";
  private static final String HDFS = "hdfs";

  /** The folder that {@code location} names. */
  public static StorageFolder of(String location) {
    String scheme = LocationPath.schemeOf(location).toLowerCase(Locale.ROOT);
    String authority = LocationPath.authorityOf(location);
    String path = withoutDots(LocationPath.of(location));
    return switch (scheme) {
      case "", LOCAL -> new StorageFolder(scheme, ANY, path, location);
      case "viewfs" -> new StorageFolder(HDFS, ANY, path, location); // a mount table's name
      case HDFS, "webhdfs", "swebhdfs" ->
          new StorageFolder(HDFS, hostOf(authority), path, location);
      case "s3", "s3a", "s3n" -> new StorageFolder("s3", authority, path, location);
      case "abfs", "abfss", "wasb", "wasbs" ->
          new StorageFolder("azure", accountOf(authority), path, location);
      default -> new StorageFolder(scheme, hostOf(authority), path, location);
    };
  }

  /**
   * Whether {@code other} may be this folder by another name: one without an authority is in
   * whichever storage the other names, and symbolic links are followed in the local file system.
   * Two names of one host, such as a name node and its name service, are two hosts.
   */
  public boolean maybeSame(StorageFolder other) {
    if (!isSameKind(other)
        || !(authority.equals(other.authority)
            || authority.isEmpty()
            || other.authority.isEmpty())) {
      return false;
    }
    return path.equals(other.path) || (isLocal() && other.isLocal() && isSameLocally(other));
  }

  private boolean isSameKind(StorageFolder other) {
    Set<String> withoutScheme = Set.of(LOCAL, HDFS);
    return kind.equals(other.kind)
        || (kind.isEmpty() && withoutScheme.contains(other.kind))
        || (other.kind.isEmpty() && withoutScheme.contains(kind));
  }

  private boolean isLocal() {
    return kind.isEmpty() || kind.equals(LOCAL);
  }

  /** Two names of one folder, by symbolic links or from the working directory. */
  private boolean isSameLocally(StorageFolder other) {
    try {
      return Files.isSameFile(
          Path.of(LocationPath.of(location)), Path.of(LocationPath.of(other.location)));
    } catch (IOException | InvalidPathException e) {
      return false; // not there, or no local paths
    }
  }

  /** Without the port, of which a file system has one for each protocol. */
  private static String hostOf(String authority) {
    int colon = authority.indexOf(':');
    return (colon < 0 ? authority : authority.substring(0, colon)).toLowerCase(Locale.ROOT);
  }

  /** {@code container@account}, which has a host of its own for each scheme. */
  private static String accountOf(String authority) {
    int dot = authority.indexOf('.', authority.indexOf('@') + 1);
    return dot < 0 ? authority : authority.substring(0, dot);
  }

  private static String withoutDots(String path) {
    boolean isRelative = !path.isEmpty() && !path.startsWith("/");
    Deque<String> segments = new ArrayDeque<>();
    for (String segment : path.split("/", -1)) {
      if (!segment.equals("..")) {
        if (!segment.isEmpty() && !segment.equals(".")) {
          segments.addLast(segment);
        }
      } else if (segments.isEmpty() ? isRelative : segments.getLast().equals("..")) {
        segments.addLast(segment);
      } else {
        segments.pollLast();
      }
    }
    return (isRelative ? "" : "/") + String.join("/", segments);
  }
}
