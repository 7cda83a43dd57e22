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
import io.meru.error.UnsupportedTableException;
import io.meru.maintenance.DeleteRewrite;
import io.meru.maintenance.DeleteRewriteOptions;
import io.meru.maintenance.DeleteRewriteResult;
import java.io.PrintWriter;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code meru rewrite-deletes}: turns equality and position deletes into deletion vectors, so that
 * a job can write to the table.
 */
@Command(
    name = "rewrite-deletes",
    description = {
      "Turns a table's equality deletes and position delete files into deletion vectors.",
      "No row is rewritten, and every snapshot on the way reads the same rows. Stop the writer of"
          + " the equality deletes first."
    },
    mixinStandardHelpOptions = true)
final class RewriteDeletesCommand implements Callable<Integer> {
  private static final String UPGRADE_FORMAT = "--upgrade-format";
  private static final String BATCH_ROWS = "--batch-rows";
  private static final String KEYS_IN_MEMORY = "--keys-in-memory";
  private static final String MAX_ATTEMPTS = "--max-attempts";

  /** The first format version with deletion vectors. */
  private static final int VECTORS_SINCE = 3;

  private final Supplier<UUID> ids;

  @Mixin private TableOptions table = new TableOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = UPGRADE_FORMAT,
      description =
          "Raise a table of an older format version to 3 first. Every reader and writer of it must"
              + " know 3; there is no way back.")
  private boolean upgradeFormat;

  @Option(
      names = BATCH_ROWS,
      paramLabel = "N",
      description =
          "Rows of the data files that one commit deals with; each takes a bit of memory at most."
              + " Fewer where other writers overtake it. Default: ${DEFAULT-VALUE}.")
  private long batchRows = DeleteRewriteOptions.DEFAULTS.batchRows();

  @Option(
      names = KEYS_IN_MEMORY,
      paramLabel = "N",
      description =
          "Equality deletes in memory at a time, some 200 bytes each. Where a batch has more, the"
              + " key columns of its data files are read several times. Default: ${DEFAULT-VALUE}.")
  private int keysInMemory = DeleteRewriteOptions.DEFAULTS.keysInMemory();

  @Option(
      names = MAX_ATTEMPTS,
      paramLabel = "N",
      description =
          "Give up after so many commits in a row that another writer has overtaken. Default:"
              + " ${DEFAULT-VALUE}.")
  private int maxAttempts = DeleteRewriteOptions.DEFAULTS.maxAttempts();

  @Option(
      names = "--dry-run",
      description = "Say how many delete files there are, and change nothing; reads metadata only.")
  private boolean dryRun;

  RewriteDeletesCommand(Supplier<UUID> ids) {
    this.ids = ids;
  }

  /**
   * What was done.
   *
   * @param table the table's name
   * @param rewrite the rest
   */
  record Result(String table, @JsonUnwrapped DeleteRewriteResult rewrite) {}

  @Override
  public Integer call() {
    DeleteRewriteOptions options = options();
    Result result;
    try (OpenTable open = table.open()) {
      checkFormat(open.table(), open.name());
      DeleteRewrite rewrite = new DeleteRewrite(open.table(), ids);
      result = new Result(open.name(), dryRun ? rewrite.dryRun(options) : rewrite.run(options));
    }
    output.print(result, RewriteDeletesCommand::print);
    return MeruCommand.OK;
  }

  private DeleteRewriteOptions options() {
    Arguments.requirePositive(BATCH_ROWS, batchRows);
    Arguments.requirePositive(KEYS_IN_MEMORY, keysInMemory);
    Arguments.requirePositive(MAX_ATTEMPTS, maxAttempts);
    return new DeleteRewriteOptions(upgradeFormat, batchRows, keysInMemory, maxAttempts);
  }

  /** The action refuses it as well, but knows no option of a command. */
  private void checkFormat(Table loaded, String name) {
    int version = TableUtil.formatVersion(loaded);
    if (version < VECTORS_SINCE && !upgradeFormat) {
      throw new UnsupportedTableException(
          ("Cannot rewrite the delete files of table %s: it has format version %d, and deletion"
                  + " vectors need %d. If every reader and writer of the table knows version %d, add"
                  + " %s, which cannot be taken back.")
              .formatted(name, version, VECTORS_SINCE, VECTORS_SINCE, UPGRADE_FORMAT));
    }
  }

  private static void print(Result result, PrintWriter out) {
    DeleteRewriteResult rewrite = result.rewrite();
    Facts facts = new Facts().add("Table", result.table());
    if (rewrite.upgraded()) {
      facts.add("Format", (rewrite.dryRun() ? "would be " : "") + "raised to version 3");
    }
    facts.add(
        "Delete files",
        "%s of equality deletes, %s of position deletes, for %s"
            .formatted(
                Units.count(rewrite.equalityDeletes()),
                Units.count(rewrite.positionDeletes()),
                Units.many(rewrite.dataFiles(), "data file")));
    if (rewrite.dryRun()) {
      facts.add("Changed", "nothing, since this is a dry run");
    } else {
      addChanges(rewrite, facts);
    }
    facts.print(out);
  }

  private static void addChanges(DeleteRewriteResult rewrite, Facts facts) {
    facts
        .add("Vectors", Units.count(rewrite.vectors()) + " written")
        .add("Deleted rows", Units.count(rewrite.deletedRows()) + " that no vector had covered")
        .add("Dropped", Units.many(rewrite.droppedFiles(), "data file") + " without a live row")
        .add("Commits", Units.count(rewrite.snapshots()));
  }
}
