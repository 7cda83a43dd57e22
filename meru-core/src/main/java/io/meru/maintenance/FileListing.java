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

package io.meru.maintenance;

import io.meru.io.TableFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.FileInfo;
import org.apache.iceberg.io.SupportsPrefixOperations;

/** Every file below a folder: the local file system by NIO, others as their FileIO lists them. */
final class FileListing {
  private FileListing() {}

  /** Takes the files one by one. */
  interface Visitor {
    void file(String location, long bytes, long changedMs);
  }

  /**
   * Shows all files below {@code folder}, which need not exist. Files that vanish meanwhile are
   * left out.
   *
   * @param stop asked now and then; ends the listing early
   */
  static void list(FileIO io, String folder, Visitor visitor, BooleanSupplier stop) {
    Optional<Path> local = TableFiles.localPath(io, folder);
    if (local.isPresent()) {
      String prefix = folder.substring(0, folder.indexOf('/'));
      listLocal(local.get(), prefix, visitor, stop);
    } else if (io instanceof SupportsPrefixOperations prefixes) {
      for (FileInfo file : prefixes.listPrefix(folder + "/")) {
        if (stop.getAsBoolean()) {
          return;
        }
        visitor.file(file.location(), file.size(), file.createdAtMillis());
      }
    } else {
      throw new UnsupportedOperationException(
          ("Cannot look for orphans in %s: %s can't list a folder. Use a FileIO that can (Iceberg's"
                  + " for S3, GCS, ADLS and Hadoop do), or remove orphans with another tool.")
              .formatted(folder, io.getClass().getName()));
    }
  }

  private static void listLocal(Path folder, String prefix, Visitor visitor, BooleanSupplier stop) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (attributes.isRegularFile()) {
                visitor.file(
                    prefix + file, attributes.size(), attributes.lastModifiedTime().toMillis());
              }
              return stop.getAsBoolean() ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder, e);
    }
  }
}
