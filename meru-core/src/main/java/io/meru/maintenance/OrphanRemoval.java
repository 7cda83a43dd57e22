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

import io.meru.commit.LocalTable;
import io.meru.commit.TableRequirements;
import io.meru.io.LocationPath;
import io.meru.io.TableFiles;
import io.meru.version.LevelFileName;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.util.PropertyUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes files from a table's folders that nothing in the table's metadata names: what attempts
 * that failed have left behind, and metadata files that have left the table's log.
 *
 * <p>The folders are those in which the table puts data and metadata, as far as they lie in its
 * location; what belongs to another table nested there, which its metadata shows, is left alone. A
 * file is judged by its path, whatever scheme and authority it is named with, and by what the
 * metadata says <em>after</em> the folders were listed, so that a file which is committed meanwhile
 * is seen.
 */
public final class OrphanRemoval {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanRemoval.class);

  private static final String VERSION_HINT = "version-hint.text";
  private static final Pattern METADATA_FILE =
      Pattern.compile("(.*)/[^/]+\\.metadata\\.json(\\.gz)?|(.*)/[^/]+\\.gz\\.metadata\\.json");
  private static final Pattern CHECKSUM = Pattern.compile("(.*/)\\.([^/]+)\\.crc");
  private static final Pattern COMMIT_FILE =
      Pattern.compile("meru-dv-.*\\.puffin|snap-.*\\.avro|.*-m[0-9]+\\.avro");

  private final Table table;
  private final TableOperations operations;
  private final Clock clock;

  /**
   * An action on {@code table}, which it refreshes.
   *
   * @param clock for the age of files
   */
  public OrphanRemoval(Table table, Clock clock) {
    if (!(table instanceof HasTableOperations withOperations)) {
      throw new IllegalArgumentException(
          "Cannot maintain table %s: a %s does not give access to its metadata. Load it from its catalog."
              .formatted(table.name(), table.getClass().getName()));
    }
    this.table = table;
    this.operations = withOperations.operations();
    this.clock = clock;
  }

  /**
   * Finds and deletes orphans.
   *
   * @throws ValidationException if the table says that its files must not be deleted
   * @throws IllegalStateException if the listing does not show a single file that the table needs
   */
  public OrphanResult run(OrphanOptions options) {
    return run(options, location -> false, properties -> true, () -> false);
  }

  /** What {@link #run} would do now. */
  public OrphanResult dryRun(OrphanOptions options) {
    Search search = new Search(options, location -> false, () -> false);
    search.run();
    return search.result(true, FileDeletion.Count.NONE);
  }

  /**
   * As {@link #run(OrphanOptions)}, for the job's cleaner.
   *
   * @param neededElsewhere files to keep although the table does not name them
   * @param allowed looks at the table's properties before anything is deleted
   * @param stop ends it early
   */
  OrphanResult run(
      OrphanOptions options,
      Predicate<String> neededElsewhere,
      Predicate<Map<String, String>> allowed,
      BooleanSupplier stop) {
    Search search = new Search(options, neededElsewhere, stop);
    search.run();
    if (!allowed.test(operations.current().properties())) {
      throw new ValidationException("A newer run of the sink cleans the table");
    }
    FileDeletion.Count count = FileDeletion.delete(table.io(), search.locations(), stop);
    OrphanResult result = search.result(false, count);
    LOG.info(
        "Removed {} orphans of table {} out of {} files, failed to delete {}",
        count.deleted(),
        table.name(),
        result.listedFiles(),
        count.failed());
    return result;
  }

  private record Candidate(String location, long bytes) {}

  /** One look at the folders. */
  private final class Search {
    private final OrphanOptions options;
    private final Predicate<String> neededElsewhere;
    private final BooleanSupplier stop;
    private final long youngestMs;
    private final Set<String> otherTables = new HashSet<>();
    private final List<Candidate> candidates = new ArrayList<>();
    private final ReferencedFiles referenced = new ReferencedFiles();
    private final List<String> notListed = new ArrayList<>();
    private final List<String> emptyFolders = new ArrayList<>();
    private final TableOperations fast;
    private String metadataFolder = "";
    private long listed;
    private long found;
    private boolean truncated;
    private boolean metadataIsDeleted;

    Search(OrphanOptions options, Predicate<String> neededElsewhere, BooleanSupplier stop) {
      this.options = options;
      this.neededElsewhere = neededElsewhere;
      this.stop = stop;
      this.youngestMs = clock.millis() - options.minAge().toMillis();
      this.fast = ((HasTableOperations) LocalTable.of(table)).operations();
    }

    void run() {
      TableMetadata metadata = operations.refresh();
      TableRequirements.checkNotCopied(table, table.name());
      checkMayDelete(metadata);
      metadataIsDeleted =
          PropertyUtil.propertyAsBoolean(
              metadata.properties(),
              TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
              TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED_DEFAULT);
      referenced.add(metadata, fast, stop);
      for (String folder : folders(metadata)) {
        list(folder);
      }
      checkPlausible();
      TableMetadata later = operations.refresh();
      while (later != metadata) { // until no commit came while the last ones were read
        metadata = later;
        referenced.add(metadata, fast, stop);
        later = operations.refresh();
      }
      if (stop.getAsBoolean()) {
        candidates.clear(); // what was read is not all there is
      }
      candidates.removeIf(file -> isNeeded(file.location()) || isAnotherTables(file.location()));
    }

    private void list(String folder) {
      long before = listed;
      FileListing.list(table.io(), folder, this::visit, stop);
      if (listed == before && isGiven(folder) && !stop.getAsBoolean()) {
        emptyFolders.add(folder);
      }
    }

    private boolean isGiven(String folder) {
      return options.alsoUnder().stream()
          .map(LocationPath::withoutTrailingSlash)
          .anyMatch(folder::equals);
    }

    List<String> locations() {
      return candidates.stream().map(Candidate::location).toList();
    }

    OrphanResult result(boolean dryRun, FileDeletion.Count count) {
      return new OrphanResult(
          dryRun,
          listed,
          locations(),
          candidates.stream().mapToLong(Candidate::bytes).sum(),
          count.deleted(),
          count.failed(),
          truncated,
          notListed,
          emptyFolders);
    }

    private void checkMayDelete(TableMetadata metadata) {
      boolean gc =
          PropertyUtil.propertyAsBoolean(
              metadata.properties(),
              TableProperties.GC_ENABLED,
              TableProperties.GC_ENABLED_DEFAULT);
      ValidationException.check(
          gc,
          "Cannot remove orphans of table %s: it says %s=false, since other tables may use its files.",
          table.name(),
          TableProperties.GC_ENABLED);
    }

    private Set<String> folders(TableMetadata metadata) {
      String data = dataFolder(metadata);
      metadataFolder = folder(metadata, TableProperties.WRITE_METADATA_LOCATION, "metadata");
      Set<String> folders = new LinkedHashSet<>();
      for (String folder : List.of(data, metadataFolder)) {
        if (LocationPath.isWithin(folder, metadata.location())) {
          folders.add(folder);
        } else if (options.alsoUnder().stream()
            .noneMatch(also -> LocationPath.isWithin(folder, also))) {
          notListed.add(folder);
        }
      }
      options.alsoUnder().stream().map(LocationPath::withoutTrailingSlash).forEach(folders::add);
      folders.removeIf(
          inner ->
              folders.stream()
                  .anyMatch(outer -> !outer.equals(inner) && LocationPath.isWithin(inner, outer)));
      return folders;
    }

    private String dataFolder(TableMetadata metadata) {
      for (String key :
          List.of(
              TableProperties.WRITE_DATA_LOCATION,
              TableProperties.OBJECT_STORE_PATH,
              TableProperties.WRITE_FOLDER_STORAGE_LOCATION)) {
        if (metadata.properties().containsKey(key)) {
          return folder(metadata, key, "data");
        }
      }
      return folder(metadata, TableProperties.WRITE_DATA_LOCATION, "data");
    }

    private static String folder(TableMetadata metadata, String key, String name) {
      String own = LocationPath.withoutTrailingSlash(metadata.location()) + "/" + name;
      return LocationPath.withoutTrailingSlash(metadata.properties().getOrDefault(key, own));
    }

    private void visit(String location, long bytes, long changedMs) {
      listed++;
      noteOtherTable(location);
      if (isNeeded(location)) {
        found++;
      } else if (changedMs < youngestMs && isInScope(location)) {
        if (candidates.size() < options.maxFiles()) {
          candidates.add(new Candidate(location, bytes));
        } else {
          truncated = true;
        }
      }
    }

    private void noteOtherTable(String location) {
      Matcher metadataFile = METADATA_FILE.matcher(LocationPath.of(location));
      if (metadataFile.matches()) {
        String folder =
            metadataFile.group(1) == null ? metadataFile.group(3) : metadataFile.group(1);
        if (!folder.equals(LocationPath.of(metadataFolder))) {
          otherTables.add(folder.substring(0, Math.max(0, folder.lastIndexOf('/'))));
        }
      }
    }

    private boolean isAnotherTables(String location) {
      return otherTables.stream().anyMatch(folder -> LocationPath.isWithin(location, folder));
    }

    private boolean isNeeded(String location) {
      Matcher checksum = CHECKSUM.matcher(location);
      String file = checksum.matches() ? checksum.group(1) + checksum.group(2) : location;
      return referenced.mayContain(file)
          || file.endsWith("/" + VERSION_HINT)
          || neededElsewhere.test(file);
    }

    /** What is hidden is somebody's whom Iceberg doesn't know, but for Hadoop's checksums. */
    private boolean isInScope(String location) {
      String name = location.substring(location.lastIndexOf('/') + 1);
      Matcher checksum = CHECKSUM.matcher(location);
      if (checksum.matches()) {
        name = checksum.group(2);
      } else if (name.startsWith(".") || name.startsWith("_")) {
        return false;
      }
      return options.scope() == OrphanOptions.Scope.ALL
          || LevelFileName.parse(name).isPresent()
          || COMMIT_FILE.matcher(name).matches()
          || (metadataIsDeleted && METADATA_FILE.matcher(location).matches());
    }

    /** Where names are compared in a wrong way, or a wrong folder is listed, nothing matches. */
    private void checkPlausible() {
      if (!candidates.isEmpty() && found == 0 && referenced.size() > 0 && !stop.getAsBoolean()) {
        throw new IllegalStateException(
            ("Will not remove orphans of table %s: of %d files in its folders none is among the %d"
                    + " that its metadata names, such as %s. Either the table's files lie elsewhere,"
                    + " or they are listed under other names than the metadata has.")
                .formatted(
                    table.name(),
                    listed,
                    referenced.size(),
                    TableFiles.localPath(table.io(), candidates.get(0).location())
                        .map(Object::toString)
                        .orElse(candidates.get(0).location())));
      }
    }
  }
}
