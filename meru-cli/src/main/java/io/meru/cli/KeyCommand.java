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

import io.meru.inspect.KeyHistory;
import io.meru.inspect.KeyHistory.KeyAt;
import io.meru.inspect.KeyHistory.Place;
import io.meru.inspect.KeyHistoryReader;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code meru key}: where a key lives. */
@Command(
    name = "key",
    description = {
      "Shows where a key lives, now and in each snapshot, and the row that is there.",
      "It reads all snapshots' manifests, and of the files that may hold the key as little as the"
          + " engine does."
    },
    mixinStandardHelpOptions = true)
final class KeyCommand implements Callable<Integer> {
  @Mixin private TableOptions table = new TableOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "KEY",
      description = {
        "The key's values, one per key column in key order: as in SQL, without quotes; bytes in"
            + " hexadecimal after 0x. Put -- before one that starts with a dash."
      })
  private List<String> key = new ArrayList<>();

  @Option(
      names = "--all",
      description = "Show every snapshot, not only those that changed something for the key.")
  private boolean all;

  @Override
  public Integer call() {
    KeyHistory history;
    try (OpenTable open = table.open()) {
      history = KeyHistoryReader.read(open.table(), open.name(), key);
    }
    output.print(history, this::print);
    return MeruCommand.OK;
  }

  private void print(KeyHistory history, PrintWriter out) {
    out.printf(
        "Key    %s%n",
        history.key().entrySet().stream()
            .map(value -> value.getKey() + " = " + value.getValue())
            .collect(Collectors.joining(", ")));
    out.printf("Hash   %04x, user key 0x%s%n", history.hash(), history.userKey());
    out.printf(
        "Table  %s, %s of all snapshots may hold it%n",
        history.table(), Units.many(history.candidateFiles(), "file"));
    out.println();
    printHead(history.head(), out);
    printSnapshots(history.snapshots(), out);
  }

  private static void printHead(List<Place> places, PrintWriter out) {
    out.println(
        switch (places.size()) {
          case 0 -> "Now: no row";
          case 1 -> "Now: one row";
          default -> "Now: %d rows, which no table should have".formatted(places.size());
        });
    for (Place place : places) {
      out.printf(
          "  %s, row %s of %s%n",
          Units.level(place.level()), Units.count(place.position()), place.path());
      out.printf(
          "  _row_id %s, _last_updated_sequence_number %s%n",
          Units.orDash(place.rowId()), Units.orDash(place.lastUpdatedSequenceNumber()));
      TextTable row = new TextTable("COLUMN", "VALUE");
      place.row().forEach((column, value) -> row.row(column, value == null ? "NULL" : value));
      row.print(out, 0);
    }
  }

  private void printSnapshots(List<KeyAt> snapshots, PrintWriter out) {
    TextTable table = new TextTable("SNAPSHOT", "TIME", "JOB", ">CHECKPOINT", "WHERE");
    for (int i = snapshots.size() - 1; i >= 0; i--) {
      KeyAt at = snapshots.get(i);
      if (all || at.changed() || at.places() == null) {
        table.row(
            Long.toString(at.snapshotId()),
            Units.time(at.timestampMs()),
            at.job() == null ? Units.orDash(at.operation()) : at.job(),
            Units.orDash(at.checkpointId()),
            where(at.places()));
      }
    }
    if (table.size() > 0) {
      out.println();
      out.println(all ? "Snapshots, newest first" : "Changes, newest first");
      table.print(out, 0);
    }
  }

  private static String where(@Nullable List<Place> places) {
    if (places == null) {
      return "unknown, since equality deletes may hide it";
    }
    return places.isEmpty()
        ? "no row"
        : places.stream()
            .map(
                place ->
                    "%s row %s of %s"
                        .formatted(
                            Units.level(place.level()),
                            Units.count(place.position()),
                            Units.fileName(place.path())))
            .collect(Collectors.joining("; "));
  }
}
