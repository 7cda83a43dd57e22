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

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What compaction costs and what it is worth: a table is loaded and updated at random, once with
 * compaction and once without, each in a JVM of its own, in turn; the compacted table is then held
 * against one that Iceberg's append writer wrote once.
 */
public final class Compactions {
  private static final String HELP =
      """
      compaction [--keys=16000000] [--updates=4] [--rows=1000000] [--rounds=2] [--scans=5]
                 [--target-file-size=134217728] [--heap=4g] [--work=DIRECTORY] [--out=DIRECTORY]
        --updates  changes after the load, as a multiple of the keys
        --rows     changes of a checkpoint
        --rounds   passes with compaction and passes without
        --scans    of each table at the end""";

  private final ObjectMapper json = new ObjectMapper();
  private final Path work;
  private final String heap;
  private final Workload workload;
  private final long targetFileBytes;

  private Compactions(Path work, String heap, Workload workload, long targetFileBytes) {
    this.work = work;
    this.heap = heap;
    this.workload = workload;
    this.targetFileBytes = targetFileBytes;
  }

  /**
   * All figures of a run.
   *
   * @param passes in the order in which they ran
   * @param tables Meru's at rest, the same without dead rows, then those of the append writer
   */
  record Run(
      Workload workload,
      long targetFileBytes,
      String heap,
      List<CompactionPassMain.Result> passes,
      List<RestMain.TableAtRest> tables) {}

  /** Runs with the options in {@code args}, writes results and report. */
  public static void main(String[] args) throws Exception {
    Arguments given = Arguments.parse(args, HELP);
    int keys = given.getInt("keys", 16_000_000);
    double updates = Double.parseDouble(given.get("updates", "4"));
    int rows = given.getInt("rows", 1_000_000);
    int rounds = given.getInt("rounds", 2);
    int scans = given.getInt("scans", 5);
    long targetFileBytes = Long.parseLong(given.get("target-file-size", "134217728"));
    String heap = given.get("heap", "4g");
    Path work = Path.of(given.get("work", "benchmarks/target/compaction")).toAbsolutePath();
    Path out =
        Path.of(given.get("out", "benchmarks/results/local/" + LocalDate.now())).toAbsolutePath();
    given.refuseUnknown();
    Compactions run = new Compactions(work, heap, workload(keys, updates, rows), targetFileBytes);
    Run figures = run.run(rounds, scans);
    Results results = Results.open(out);
    results.put("compaction-machine", Machine.describe());
    results.put("compaction", figures);
    String report = CompactionsReport.of(figures);
    Files.writeString(out.resolve("compaction.md"), report);
    System.out.println(report);
  }

  private static Workload workload(int keys, double updates, int rows) {
    long checkpoints = Math.round(updates * keys / rows);
    if (checkpoints < 4 || keys + checkpoints * rows > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          ("Expected at least 4 checkpoints of updates, and fewer than 2^31 changes in all, but"
                  + " %d keys, updated %.1f times with %d in a checkpoint, make %d checkpoints")
              .formatted(keys, updates, rows, checkpoints));
    }
    return new Workload(
        "compaction",
        Workload.KeyType.BIGINT,
        keys,
        Math.max(1, keys / rows),
        (int) checkpoints,
        rows,
        false,
        0,
        1);
  }

  private Run run(int rounds, int scans) throws IOException, InterruptedException {
    Directories.delete(work);
    Files.createDirectories(work);
    List<CompactionPassMain.Result> passes = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      boolean compactionFirst = round % 2 == 0;
      boolean last = round == rounds - 1;
      passes.add(pass(round, compactionFirst, last));
      passes.add(pass(round, !compactionFirst, last));
    }
    List<RestMain.TableAtRest> tables = atRest(rounds - 1, passes, scans);
    Directories.delete(work);
    return new Run(workload, targetFileBytes, heap, passes, tables);
  }

  /** The compacted table of the last round stays. */
  private CompactionPassMain.Result pass(int round, boolean compaction, boolean last)
      throws IOException, InterruptedException {
    say("round %d, compaction %s", round + 1, compaction ? "on" : "off");
    Path directory = directory(round, compaction);
    Path result = work.resolve("pass.json");
    ChildJvm.forIceberg(heap)
        .run(
            CompactionPassMain.class,
            work.resolve("pass.log"),
            json.writeValueAsString(
                new CompactionPassMain.Request(
                    workload, compaction, targetFileBytes, directory.toString(), last)),
            result.toString());
    CompactionPassMain.Result found =
        json.readValue(result.toFile(), CompactionPassMain.Result.class);
    if (!last || !compaction) {
      Directories.delete(directory);
    }
    say("  %s", CompactionsReport.summary(found));
    return found;
  }

  private List<RestMain.TableAtRest> atRest(
      int round, List<CompactionPassMain.Result> passes, int scans)
      throws IOException, InterruptedException {
    say("the compacted table beside tables written once");
    long restedSnapshot =
        passes.stream()
            .filter(CompactionPassMain.Result::compaction)
            .reduce((earlier, later) -> later)
            .orElseThrow()
            .restedSnapshot();
    Path result = work.resolve("rest.json");
    ChildJvm.forIceberg(heap)
        .run(
            RestMain.class,
            work.resolve("rest.log"),
            json.writeValueAsString(
                new RestMain.Request(
                    workload,
                    directory(round, true).toString(),
                    restedSnapshot,
                    targetFileBytes,
                    scans)),
            result.toString());
    return List.of(json.readValue(result.toFile(), RestMain.TableAtRest[].class));
  }

  private Path directory(int round, boolean compaction) {
    return work.resolve("round-%d-%s".formatted(round + 1, compaction ? "on" : "off"));
  }

  private static void say(String format, Object... args) {
    System.out.printf(Locale.ROOT, format + "%n", args);
  }
}
