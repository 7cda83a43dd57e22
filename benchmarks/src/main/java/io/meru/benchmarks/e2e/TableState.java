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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** Counts what a table consists of while a job writes to it. */
final class TableState {
  private TableState() {}

  /** Of {@code table}, just loaded, whose catalog lies at {@code directory}. */
  static Commits.State of(Table table, Path directory, long heapBytes) {
    Snapshot head = table.currentSnapshot();
    List<ManifestFile> dataManifests = head.dataManifests(table.io());
    List<ManifestFile> deleteManifests = head.deleteManifests(table.io());
    String metadata = ((HasTableOperations) table).operations().current().metadataFileLocation();
    return new Commits.State(
        (int) StreamSupport.stream(table.snapshots().spliterator(), false).count(),
        live(dataManifests),
        live(deleteManifests),
        dataManifests.size(),
        deleteManifests.size(),
        table.io().newInputFile(metadata).getLength(),
        filesOnDisk(directory),
        heapBytes);
  }

  private static int live(List<ManifestFile> manifests) {
    return manifests.stream()
        .mapToInt(manifest -> manifest.addedFilesCount() + manifest.existingFilesCount())
        .sum();
  }

  /** The cleaner deletes files while they are counted. */
  private static long filesOnDisk(Path directory) {
    long[] count = new long[1];
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              count[0]++;
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return count[0];
  }
}
