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

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.meru.maintenance.OrphanOptions;
import io.meru.maintenance.OrphanRemoval;
import io.meru.maintenance.OrphanResult;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code meru remove-orphans}: deletes files that nothing in the table's metadata names.
 *
 * <p>As careful as a job is unless told otherwise: files of three days and more, named as Meru and
 * Iceberg's commits name theirs.
 */
@Command(
    name = "remove-orphans",
    description = {
      "Deletes files in a table's folders that no snapshot and no metadata file of it names.",
      "A checkpoint that is not committed yet has such files, too: the age has to be above the"
          + " longest time for which a job is down between a checkpoint and its commit."
    },
    mixinStandardHelpOptions = true)
final class RemoveOrphansCommand implements Callable<Integer> {
  private static final String OLDER_THAN = "--older-than";
  private static final String ALLOW_SHORT_AGE = "--allow-short-age";
  private static final String ANY_NAME = "--any-name";
  private static final String ALSO_UNDER = "--also-under";
  private static final String MAX_FILES = "--max-files";

  private final Clock clock;

  @Mixin private TableOptions table = new TableOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = OLDER_THAN,
      paramLabel = "AGE|TIME",
      description = {
        "Files that were last changed before an age such as 12h or 7d, or before a time such as"
            + " 2026-01-31T12:00:00Z. Default: 3d."
      })
  private @Nullable String olderThan;

  @Option(
      names = ALLOW_SHORT_AGE,
      description =
          "Allow an age below a day: no job and no other writer has files that it will still"
              + " commit.")
  private boolean allowShortAge;

  @Option(
      names = ANY_NAME,
      description =
          "Files of other writers, too, whatever their name; without it, only those named as"
              + " Meru's level files and vectors and the files of Iceberg's commits are.")
  private boolean anyName;

  @Option(
      names = ALSO_UNDER,
      paramLabel = "URI",
      description =
          "List this folder, too, which must belong to this table alone: what other tables have"
              + " there would be deleted. May be given several times.")
  private List<String> alsoUnder = new ArrayList<>();

  @Option(
      names = MAX_FILES,
      paramLabel = "N",
      description =
          "Delete so many at most; the next run finds the rest. Default: ${DEFAULT-VALUE}.")
  private int maxFiles = OrphanOptions.DEFAULTS.maxFiles();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "Files shown, without --json; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--dry-run", description = "Say which they are, and delete nothing.")
  private boolean dryRun;

  RemoveOrphansCommand(Clock clock) {
    this.clock = clock;
  }

  /**
   * What was done.
   *
   * @param table the table's name
   * @param olderThanMs files changed at this time or later were left alone, ms from the epoch
   * @param orphans the rest
   */
  record Result(String table, long olderThanMs, @JsonUnwrapped OrphanResult orphans) {}

  @Override
  public Integer call() {
    Instant now = clock.instant();
    OrphanOptions options = options(now);
    Result result;
    try (OpenTable open = table.open()) {
      // ages as of the start, so that a time means just that time
      OrphanRemoval removal = new OrphanRemoval(open.table(), Clock.fixed(now, ZoneOffset.UTC));
      result =
          new Result(
              open.name(),
              now.minus(options.minAge()).toEpochMilli(),
              dryRun ? removal.dryRun(options) : removal.run(options));
    }
    output.print(result, this::print);
    checkAllDeleted(result);
    return MeruCommand.OK;
  }

  private OrphanOptions options(Instant now) {
    Arguments.requirePositive(MAX_FILES, maxFiles);
    Arguments.requireLimit(limit);
    return new OrphanOptions(
        minAge(now),
        allowShortAge,
        anyName ? OrphanOptions.Scope.ALL : OrphanOptions.Scope.OWN,
        alsoUnder,
        maxFiles);
  }

  private Duration minAge(Instant now) {
    if (olderThan == null) {
      return OrphanOptions.DEFAULTS.minAge();
    }
    Duration age = Duration.between(Arguments.time(OLDER_THAN, olderThan, now), now);
    if (age.isNegative()) {
      throw new IllegalArgumentException(
          "%s '%s' lies in the future: give an age, or a time that has passed"
              .formatted(OLDER_THAN, olderThan));
    }
    if (age.compareTo(OrphanOptions.LEAST_AGE) < 0 && !allowShortAge) {
      throw new IllegalArgumentException(
          ("%s '%s' is less than %d h ago: a checkpoint that is not committed yet has files that no"
                  + " snapshot names, and a job that is down keeps them for as long as it is. If no"
                  + " job and no other writer can have such files, add %s.")
              .formatted(
                  OLDER_THAN, olderThan, OrphanOptions.LEAST_AGE.toHours(), ALLOW_SHORT_AGE));
    }
    return age;
  }

  private static void checkAllDeleted(Result result) {
    int failed = result.orphans().failedFiles();
    if (failed > 0) {
      throw new IllegalStateException(
          ("Could not delete %s of table %s: the storage refuses it, or was not reached. See whether"
                  + " you may delete there, and run it again; with --dry-run it says which files are"
                  + " left.")
              .formatted(Units.many(failed, "orphan"), result.table()));
    }
  }

  private void print(Result result, PrintWriter out) {
    OrphanResult orphans = result.orphans();
    TextTable files = new TextTable("ORPHAN");
    orphans.orphans().stream().sorted().forEach(files::row);
    if (files.size() > 0) {
      files.print(out, limit);
      out.println();
    }
    facts(result, orphans).print(out);
  }

  private Facts facts(Result result, OrphanResult orphans) {
    Facts facts =
        new Facts()
            .add("Table", result.table())
            .add("Listed", Units.many(orphans.listedFiles(), "file"))
            .add(
                "Found",
                "%s, %s, last changed before %s"
                    .formatted(
                        Units.many(orphans.orphans().size(), "orphan"),
                        Units.bytes(orphans.orphanBytes()),
                        Units.time(result.olderThanMs())))
            .add(
                "Deleted",
                orphans.dryRun()
                    ? "none, since this is a dry run"
                    : Units.many(orphans.deletedFiles(), "file"));
    if (orphans.failedFiles() > 0) {
      facts.add("Failed", Units.many(orphans.failedFiles(), "file"));
    }
    if (!anyName) {
      facts.add(
          "Omitted", "files with names of other writers; %s takes them, too".formatted(ANY_NAME));
    }
    if (orphans.truncated()) {
      facts.add("More", "are there; run it again, or raise " + MAX_FILES);
    }
    for (String folder : orphans.notListed()) {
      facts.add(
          "Not listed",
          "%s, which lies outside the table's location; if it belongs to this table alone, add %s %s"
              .formatted(folder, ALSO_UNDER, folder));
    }
    for (String folder : orphans.emptyFolders()) {
      facts.add(
          "No files",
          "in %s; see whether %s has it as the storage names it".formatted(folder, ALSO_UNDER));
    }
    return facts;
  }
}
