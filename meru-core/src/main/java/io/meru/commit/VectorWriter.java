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

package io.meru.commit;

import static java.util.Objects.requireNonNull;

import io.meru.dv.DeletionVectors;
import io.meru.io.TableFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.io.OutputFile;

/**
 * Writes the deletion vectors of a commit into Puffin files.
 *
 * <p>Vectors that share a file have to be replaced together (see {@link Planner}), so a file is
 * kept small, and vectors that were only moved do not share one with those that change: what
 * changes often parts from what does not.
 */
final class VectorWriter {
  /** Vectors in one Puffin file. */
  static final int MAX_VECTORS = 64;

  /** Bytes of vectors in one Puffin file that has more than one. */
  static final long MAX_BYTES = 1 << 20;

  private final Table table;

  VectorWriter(Table table) {
    this.table = table;
  }

  /**
   * Writes the vectors of {@code plan}; no file when there are none.
   *
   * @param attempt in the files' names, so that no try writes over another's
   * @param started is told each file's path before it is written
   */
  List<DeleteFile> write(Plan plan, String commitId, UUID attempt, Consumer<String> started) {
    List<DeleteFile> written = new ArrayList<>();
    List<List<Plan.Vector>> groups = groups(plan.vectors().values());
    for (int i = 0; i < groups.size(); i++) {
      String path =
          table
              .locationProvider()
              .newDataLocation("meru-dv-%s-%s-%d.puffin".formatted(commitId, attempt, i));
      started.accept(path);
      written.addAll(write(path, groups.get(i)));
    }
    return written;
  }

  private static List<List<Plan.Vector>> groups(Collection<Plan.Vector> vectors) {
    List<List<Plan.Vector>> groups = new ArrayList<>();
    List<Plan.Vector> group = new ArrayList<>();
    long bytes = 0;
    for (Plan.Vector vector : vectors) {
      bytes += vector.merged().memoryBytes();
      if (!group.isEmpty()
          && (group.size() == MAX_VECTORS
              || bytes > MAX_BYTES
              || group.get(0).moved() != vector.moved())) {
        groups.add(group);
        group = new ArrayList<>();
        bytes = vector.merged().memoryBytes();
      }
      group.add(vector);
    }
    if (!group.isEmpty()) {
      groups.add(group);
    }
    return groups;
  }

  private List<DeleteFile> write(String path, List<Plan.Vector> vectors) {
    OutputFile output = TableFiles.output(table.io(), path);
    // vectors come with the previous positions merged in: there is nothing to load
    DVFileWriter writer = new BaseDVFileWriter(() -> output, dataFile -> null);
    try (writer) {
      for (Plan.Vector vector : vectors) {
        DataFile file = vector.file().dataFile();
        DeletionVectors.write(
            writer,
            vector.file().file().path(),
            vector.merged(),
            requireNonNull(table.specs().get(file.specId())),
            file.partition());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write deletion vectors to " + path, e);
    }
    return writer.result().deleteFiles();
  }
}
