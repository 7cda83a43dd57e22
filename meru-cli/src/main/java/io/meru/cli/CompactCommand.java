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
import io.meru.commit.CommitOptions;
import io.meru.maintenance.TableCompaction;
import io.meru.maintenance.TableCompactionOptions;
import io.meru.maintenance.TableCompactionResult;
import io.meru.maintenance.TableCompactionResult.Skipped;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code meru compact}: small files become large ones, and deleted rows go. */
@Command(
    name = "compact",
    description = {
      "Merges small data files into large ones, and leaves out rows that are deleted.",
      "No row changes, nor its _row_id. Jobs may go on writing to the table."
    },
    mixinStandardHelpOptions = true)
final class CompactCommand implements Callable<Integer> {
  private static final String PARALLELISM = "--parallelism";
  private static final String TARGET_FILE_SIZE = "--target-file-size";
  private static final String DELETED_RATIO = "--deleted-ratio";
  private static final String MAX_BYTES = "--max-bytes";
  private static final String MAX_RATE = "--max-bytes-per-second";

  private final Clock clock;
  private final LongSupplier nanoClock;
  private final Supplier<UUID> ids;

  @Mixin private TableOptions table = new TableOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--partition",
      paramLabel = "PATH",
      description =
          "Only this partition, as Iceberg names it: day=2026-01-31/region=eu. May be given several"
              + " times.")
  private Set<String> partitions = new LinkedHashSet<>();

  @Option(
      names = PARALLELISM,
      paramLabel = "N",
      description =
          "Writers of the job that goes on writing to the table: each gets files of its own, which"
              + " it alone has to search. Default: ${DEFAULT-VALUE}.")
  private int parallelism = TableCompactionOptions.DEFAULTS.parallelism();

  @Option(
      names = TARGET_FILE_SIZE,
      paramLabel = "SIZE",
      description = "What a file should have, such as 128mb. Default: 128mb.")
  private String targetFileSize = Arguments.size(TableCompactionOptions.DEFAULTS.targetFileBytes());

  @Option(
      names = DELETED_RATIO,
      paramLabel = "SHARE",
      description =
          "Rewrite a file when a larger share of its rows is deleted, from 0 to below 1. Default:"
              + " ${DEFAULT-VALUE}.")
  private double deletedRatio = TableCompactionOptions.DEFAULTS.deletedRatio();

  @Option(
      names = MAX_BYTES,
      paramLabel = "SIZE",
      description =
          "Bytes that one merge takes, which is one commit; it needs a byte of memory for each row."
              + " Default: 1gb.")
  private String maxBytes = Arguments.size(TableCompactionOptions.DEFAULTS.maxBytes());

  @Option(
      names = MAX_RATE,
      paramLabel = "SIZE",
      description = "Read and write no more than that in a second. Default: no limit.")
  private String maxRate = Arguments.size(0);

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "Skipped files shown, without --json; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--dry-run", description = "Say what it would begin with, and change nothing.")
  private boolean dryRun;

  CompactCommand(Clock clock, LongSupplier nanoClock, Supplier<UUID> ids) {
    this.clock = clock;
    this.nanoClock = nanoClock;
    this.ids = ids;
  }

  /**
   * What was done.
   *
   * @param table the table's name
   * @param compaction the rest
   */
  record Result(String table, @JsonUnwrapped TableCompactionResult compaction) {}

  @Override
  public Integer call() {
    TableCompactionOptions options = options();
    Result result;
    try (OpenTable open = table.open()) {
      TableCompaction compaction =
          new TableCompaction(
              open.table(), open.name(), CommitOptions.DEFAULTS, clock, nanoClock, ids);
      result =
          new Result(open.name(), dryRun ? compaction.dryRun(options) : compaction.run(options));
    }
    output.print(result, this::print);
    checkWhole(result);
    return MeruCommand.OK;
  }

  private static void checkWhole(Result result) {
    if (result.compaction().foundDamage()) {
      long damaged = result.compaction().skipped().stream().filter(Skipped::damaged).count();
      throw new IllegalStateException(
          ("Left out %s of table %s: missing, not to be read, with a key twice, or to be merged with"
                  + " such a file. See what meru verify finds.")
              .formatted(Units.many(damaged, "file"), result.table()));
    }
  }

  private TableCompactionOptions options() {
    Arguments.requirePositive(PARALLELISM, parallelism);
    Arguments.requireLimit(limit);
    if (!(deletedRatio >= 0 && deletedRatio < 1)) {
      throw new IllegalArgumentException(
          "%s must be from 0 to below 1 but was %s".formatted(DELETED_RATIO, deletedRatio));
    }
    long target = Arguments.bytes(TARGET_FILE_SIZE, targetFileSize);
    Arguments.requirePositive(TARGET_FILE_SIZE, target);
    long most = Arguments.bytes(MAX_BYTES, maxBytes);
    Arguments.requirePositive(MAX_BYTES, most);
    return new TableCompactionOptions(
        partitions,
        parallelism,
        target,
        deletedRatio,
        most,
        Arguments.bytes(MAX_RATE, maxRate),
        TableCompactionOptions.DEFAULTS.levels());
  }

  private void print(Result result, PrintWriter out) {
    TableCompactionResult compaction = result.compaction();
    TextTable skipped = new TextTable("SKIPPED", "REASON");
    for (Skipped file : compaction.skipped()) {
      skipped.row(Units.fileName(file.path()), file.reason());
    }
    if (skipped.size() > 0) {
      skipped.print(out, limit);
      out.println();
    }
    facts(result.table(), compaction).print(out);
  }

  private static Facts facts(String table, TableCompactionResult compaction) {
    Facts facts = new Facts().add("Table", table);
    if (compaction.dryRun()) {
      return facts
          .add("Data files", Units.count(compaction.filesBefore()))
          .add(
              "Would merge",
              "%s of %s"
                  .formatted(
                      Units.many(compaction.merged(), "file"),
                      Units.bytes(compaction.bytesMerged())));
    }
    return facts
        .add(
            "Data files",
            "%s before, %s after"
                .formatted(
                    Units.count(compaction.filesBefore()), Units.count(compaction.filesAfter())))
        .add(
            "Merged",
            "%s of %s into %s"
                .formatted(
                    Units.many(compaction.merged(), "file"),
                    Units.bytes(compaction.bytesMerged()),
                    Units.bytes(compaction.bytesWritten())))
        .add("Deleted rows", "%s left out".formatted(Units.count(compaction.rowsDropped())))
        .add("Commits", Units.count(compaction.snapshots()))
        .add(
            "Given up",
            "%s, since others changed most of what it took, or a file was gone"
                .formatted(Units.many(compaction.abandoned(), "merge")));
  }
}
