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

package io.meru.acceptance;

import static java.util.stream.Collectors.groupingBy;

import io.meru.audit.TableFiles;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Files in the table's folder that nothing names.
 *
 * @param data below its data folder
 * @param metadata below its metadata folder
 * @param strays in neither
 * @param dataBound how many the failures of the suite can leave in the data folder
 * @param metadataBound and how many in the metadata folder
 */
record Leftovers(
    List<String> data,
    List<String> metadata,
    List<String> strays,
    int dataBound,
    int metadataBound) {

  static Leftovers of(TableFiles files, History history) {
    return new Leftovers(
        files.dataOrphans(),
        files.metadataOrphans(),
        files.strays(),
        JobSteps.FAILURES * dataOfOneFailure(files),
        JobSteps.FAILURES * metadataOfOneFailure(files) + lostRaces(history));
  }

  void check(Consumer<String> violations) {
    check("data", data, dataBound, violations);
    check("metadata", metadata, metadataBound, violations);
    check("table's own", strays, 0, violations);
  }

  Stream<String> all() {
    return Stream.of(data, metadata, strays).flatMap(List::stream);
  }

  private static void check(
      String folder, List<String> orphans, int bound, Consumer<String> violations) {
    if (orphans.size() > bound) {
      violations.accept(
          "%d files in the %s folder that nothing names, at most %d expected: %s"
              .formatted(orphans.size(), folder, bound, orphans));
    }
  }

  /**
   * Two checkpoints: that whose commit did not come to its end, and that for which the writers had
   * handed over files by then. In each, a file of each writer in each partition, and two to which
   * it had merged others there, of the first level and of the next; and the vectors of the one
   * commit.
   */
  private static int dataOfOneFailure(TableFiles files) {
    return 2 * 3 * JobSteps.FIRST_PARALLELISM * Changes.REGIONS.size() + mostVectorFiles(files);
  }

  /** Those of one try to commit are named alike but for their number. */
  private static int mostVectorFiles(TableFiles files) {
    return files.named().stream()
        .filter(location -> location.endsWith(".puffin"))
        .collect(groupingBy(location -> location.substring(0, location.lastIndexOf('-'))))
        .values()
        .stream()
        .mapToInt(List::size)
        .max()
        .orElse(0);
  }

  /**
   * The table's metadata, the lists of manifests and the manifests of the one commit, which makes
   * two snapshots when it has compactions.
   */
  private static int metadataOfOneFailure(TableFiles files) {
    return 1 + 2 * (1 + files.mostManifestsOfOneSnapshot());
  }

  /**
   * A commit that comes to the catalog after another one may leave its table metadata there, as
   * Iceberg's JDBC catalog does not delete it. Others come between the job's commits when they
   * append, and attempts of the job when they claim the table; the one or the other loses, and a
   * new try comes long before the next commit.
   */
  private static int lostRaces(History history) {
    return 2 * (history.others() + JobSteps.ATTEMPTS);
  }
}
