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

import java.io.PrintWriter;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code meru expire}: removes old snapshots and the files that only they need.
 *
 * <p>Which ones is Iceberg's decision. They are then named one by one, because Iceberg, when it
 * expires by age, takes a Puffin file away as soon as one of its deletion vectors was replaced; by
 * name, it looks at what the remaining snapshots still need.
 */
@Command(
    name = "expire",
    description = {
      "Removes old snapshots, and the files that no other snapshot needs.",
      "Without options the table's properties history.expire.* decide which are old."
    },
    mixinStandardHelpOptions = true)
final class ExpireCommand implements Callable<Integer> {
  private final Clock clock;

  @Mixin private TableOptions table = new TableOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--older-than",
      paramLabel = "AGE|TIME",
      description = {
        "Snapshots older than an age such as 90m, 12h or 7d, or than a time such as"
            + " 2026-01-31T12:00:00Z."
      })
  private @Nullable String olderThan;

  @Option(
      names = "--retain-last",
      paramLabel = "N",
      description = "Keep the newest N of each branch in any case.")
  private @Nullable Integer retainLast;

  @Option(names = "--dry-run", description = "Say which they are, and change nothing.")
  private boolean dryRun;

  ExpireCommand(Clock clock) {
    this.clock = clock;
  }

  /**
   * What was done.
   *
   * @param table the table's name
   * @param dryRun whether nothing was changed
   * @param expired the snapshots, oldest first
   * @param remaining number of snapshots that are left, or would be
   */
  record Result(String table, boolean dryRun, List<Expired> expired, int remaining) {}

  /**
   * An expired snapshot.
   *
   * @param id the snapshot
   * @param timestampMs when it was committed, milliseconds from the epoch
   * @param operation Iceberg's: append, overwrite, replace, delete
   */
  record Expired(long id, long timestampMs, @Nullable String operation) {}

  @Override
  public Integer call() {
    Result result;
    try (OpenTable open = table.open()) {
      result = expire(open.table(), open.name());
    }
    output.print(result, ExpireCommand::print);
    return MeruCommand.OK;
  }

  private Result expire(Table loaded, String name) {
    List<Snapshot> old = new ArrayList<>(select(loaded).apply());
    old.sort(Comparator.comparingLong(Snapshot::timestampMillis));
    int all = 0;
    for (Snapshot ignored : loaded.snapshots()) {
      all++;
    }
    if (!dryRun && !old.isEmpty()) {
      remove(loaded, old);
    }
    return new Result(
        name,
        dryRun,
        old.stream()
            .map(
                snapshot ->
                    new Expired(
                        snapshot.snapshotId(), snapshot.timestampMillis(), snapshot.operation()))
            .toList(),
        all - old.size());
  }

  private ExpireSnapshots select(Table loaded) {
    ExpireSnapshots expire = loaded.expireSnapshots();
    if (olderThan != null) {
      expire =
          expire.expireOlderThan(
              Arguments.time("--older-than", olderThan, clock.instant()).toEpochMilli());
    }
    if (retainLast != null) {
      expire = expire.retainLast(retainLast);
    }
    return expire;
  }

  private static void remove(Table loaded, List<Snapshot> old) {
    ExpireSnapshots expire = loaded.expireSnapshots().expireOlderThan(0);
    for (Snapshot snapshot : old) {
      expire = expire.expireSnapshotId(snapshot.snapshotId());
    }
    expire.commit();
  }

  private static void print(Result result, PrintWriter out) {
    TextTable table = new TextTable("SNAPSHOT", "TIME", "OPERATION");
    for (Expired expired : result.expired()) {
      table.row(
          Long.toString(expired.id()),
          Units.time(expired.timestampMs()),
          Units.orDash(expired.operation()));
    }
    if (table.size() > 0) {
      table.print(out, 0);
    }
    out.printf(
        "%s %s of table %s; %s.%n",
        result.dryRun() ? "Would expire" : "Expired",
        Units.many(result.expired().size(), "snapshot"),
        result.table(),
        Units.many(result.remaining(), "snapshot") + remain(result));
  }

  private static String remain(Result result) {
    if (result.dryRun()) {
      return " would remain";
    }
    return result.remaining() == 1 ? " remains" : " remain";
  }
}
