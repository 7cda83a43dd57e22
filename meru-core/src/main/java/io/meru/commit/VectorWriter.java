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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.io.OutputFile;

/** Writes all deletion vectors of a commit into one Puffin file. */
final class VectorWriter {
  private final Table table;

  VectorWriter(Table table) {
    this.table = table;
  }

  /**
   * Writes the vectors of {@code plan}; no file when there are none.
   *
   * @param attempt in the file's name, so that no try writes over another's
   */
  List<DeleteFile> write(Plan plan, String commitId, UUID attempt) {
    if (plan.vectors().isEmpty()) {
      return List.of();
    }
    String path =
        table
            .locationProvider()
            .newDataLocation("meru-dv-%s-%s.puffin".formatted(commitId, attempt));
    OutputFile output = TableFiles.output(table.io(), path);
    // vectors come with the previous positions merged in: there is nothing to load
    DVFileWriter writer = new BaseDVFileWriter(() -> output, dataFile -> null);
    try (writer) {
      for (Map.Entry<String, Plan.Vector> entry : plan.vectors().entrySet()) {
        DataFile file = entry.getValue().file().dataFile();
        DeletionVectors.write(
            writer,
            entry.getKey(),
            entry.getValue().merged(),
            requireNonNull(table.specs().get(file.specId())),
            file.partition());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write deletion vectors to " + path, e);
    }
    return writer.result().deleteFiles();
  }
}
