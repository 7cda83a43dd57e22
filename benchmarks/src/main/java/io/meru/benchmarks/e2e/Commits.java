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
import io.meru.benchmarks.e2e.Workload.KeyType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a commit, a writer's start and the table's metadata cost after thousands of checkpoints on
 * one table, with clean-up at its defaults: one writer and its committer without Flink, small
 * checkpoints of mixed updates.
 *
 * <p>A job with a checkpoint a second expires once a minute and keeps what is younger than five
 * minutes; here checkpoints come as fast as they can, so the same is said in numbers: an expiry
 * every 60 checkpoints, 300 snapshots kept.
 */
public final class Commits {
  private static final String HELP =
      """
      --checkpoints=5000   checkpoints after the load
      --keys=200000        keys of the table
      --rows=2000          changes of a checkpoint, a tenth of them deletes
      --clean-up=true      whether the job cleans the table
      --compaction=true    whether the writer compacts
      --warm-up=300        checkpoints on a throw-away table before it, for the JIT compiler
      --directory=...      where the tables lie; default: a temporary directory
      --out=...            file for the figures of every checkpoint, as JSON; default: none
      """;

  private static final int WINDOW = 100;
  private static final int START_EVERY = 20;
  private static final int PROGRESS_EVERY = 250;

  private Commits() {}

  /**
   * Figures of one checkpoint.
   *
   * @param flushNanos from the barrier to the edit
   * @param commitNanos the commit
   * @param cleanNanos what the cleaner took of the committing thread after it
   * @param startNanos a fresh writer's open and first flush; 0 where none was started
   * @param state of the table after it; null where nobody looked
   */
  record Checkpoint(
      int number,
      long flushNanos,
      long commitNanos,
      long cleanNanos,
      long startNanos,
      @Nullable State state) {}

  /** What the table consists of, and the heap after a collection. */
  record State(
      int snapshots,
      int dataFiles,
      int vectors,
      int dataManifests,
      int deleteManifests,
      long metadataBytes,
      long filesOnDisk,
      long heapBytes) {}

  /** Runs with {@code args}. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args, HELP);
    int checkpoints = arguments.getInt("checkpoints", 5000);
    int keys = arguments.getInt("keys", 200_000);
    int rows = arguments.getInt("rows", 2000);
    boolean cleanUp = Boolean.parseBoolean(arguments.get("clean-up", "true"));
    boolean compaction = Boolean.parseBoolean(arguments.get("compaction", "true"));
    int warmUp = arguments.getInt("warm-up", 300);
    String directory = arguments.get("directory", "");
    String out = arguments.get("out", "");
    arguments.refuseUnknown();
    if (checkpoints < 4 * WINDOW) {
      throw new IllegalArgumentException(
          "At least %d checkpoints make windows to compare, but there were to be %d"
              .formatted(4 * WINDOW, checkpoints));
    }

    Path base =
        directory.isEmpty() ? Files.createTempDirectory("meru-commits") : Path.of(directory);
    run(base.resolve("warm-up"), workload(keys, rows, warmUp), cleanUp, compaction);
    List<Checkpoint> all =
        run(base.resolve("table"), workload(keys, rows, checkpoints), cleanUp, compaction);
    if (!out.isEmpty()) {
      new ObjectMapper().writeValue(Path.of(out).toFile(), all);
    }
    System.out.println(report(all));
    if (directory.isEmpty()) {
      Directories.delete(base);
    }
    System.exit(0); // Libraries leave threads behind.
  }

  private static Workload workload(int keys, int rows, int checkpoints) {
    return new Workload("commits", KeyType.BIGINT, keys, 1, checkpoints, rows, false, 10, 1);
  }

  private static List<Checkpoint> run(
      Path directory, Workload workload, boolean cleanUp, boolean compaction) throws IOException {
    Directories.delete(directory);
    Files.createDirectories(directory);
    // what the connector sets when it creates a table
    IcebergTables.create(
        directory,
        IcebergTables.NAME,
        workload,
        true,
        Map.of(
            "write.metadata.delete-after-commit.enabled",
            "true",
            "write.metadata.previous-versions-max",
            "20"));
    List<Checkpoint> all = new ArrayList<>();
    try (CommitsJob job = new CommitsJob(directory, workload, cleanUp, compaction)) {
      for (int batch = 0; batch < workload.batches(); batch++) {
        boolean look = batch % START_EVERY == 0;
        Checkpoint checkpoint = job.checkpoint(batch, look);
        if (batch >= workload.loadCommits()) {
          all.add(checkpoint);
        }
        if (batch > 0 && batch % PROGRESS_EVERY == 0) {
          System.err.printf("%d of %d checkpoints%n", batch, workload.batches());
        }
      }
      job.check();
    }
    return all;
  }

  private static String report(List<Checkpoint> all) {
    List<Checkpoint> early = all.subList(WINDOW, 2 * WINDOW);
    List<Checkpoint> last = all.subList(all.size() - WINDOW, all.size());
    List<Checkpoint> full = firstWithFilesOf(all, last);
    StringBuilder text = new StringBuilder();
    text.append(
        "| figure | checkpoints %s | %s: as many files as at the end | %s | last / first | files' part | rest |\n"
            .formatted(name(early), name(full), name(last)));
    text.append("|---|---|---|---|---|---|---|\n");
    duration(text, "commit, median ms", 0.5, Checkpoint::commitNanos, early, full, last);
    duration(text, "commit, p95 ms", 0.95, Checkpoint::commitNanos, early, full, last);
    duration(text, "flush, median ms", 0.5, Checkpoint::flushNanos, early, full, last);
    duration(
        text,
        "expiry, max ms of the committing thread",
        1,
        Checkpoint::cleanNanos,
        early,
        full,
        last);
    duration(text, "writer's start, median ms", 0.5, Checkpoint::startNanos, early, full, last);
    state(text, "heap after GC, MB", s -> s.heapBytes() / 1e6, early, full, last);
    state(text, "data files", State::dataFiles, early, full, last);
    state(text, "deletion vectors", State::vectors, early, full, last);
    state(text, "data manifests", State::dataManifests, early, full, last);
    state(text, "delete manifests", State::deleteManifests, early, full, last);
    state(text, "snapshots", State::snapshots, early, full, last);
    state(text, "metadata.json, KB", s -> s.metadataBytes() / 1e3, early, full, last);
    state(text, "files on disk", State::filesOnDisk, early, full, last);
    return text.toString();
  }

  /** The first window in which the table has nearly as many files as in the last. */
  private static List<Checkpoint> firstWithFilesOf(List<Checkpoint> all, List<Checkpoint> last) {
    double files = mean(last, State::dataFiles);
    for (int from = WINDOW; from + WINDOW <= all.size(); from += WINDOW) {
      List<Checkpoint> window = all.subList(from, from + WINDOW);
      if (mean(window, State::dataFiles) >= 0.95 * files) {
        return window;
      }
    }
    return last;
  }

  private static String name(List<Checkpoint> window) {
    return "%d to %d".formatted(window.get(0).number(), window.get(window.size() - 1).number());
  }

  private static void duration(
      StringBuilder text,
      String name,
      double quantile,
      ToLongFunction<Checkpoint> nanos,
      List<Checkpoint> early,
      List<Checkpoint> full,
      List<Checkpoint> last) {
    row(
        text,
        name,
        quantile(early, quantile, nanos),
        quantile(full, quantile, nanos),
        quantile(last, quantile, nanos));
  }

  private static double quantile(
      List<Checkpoint> window, double quantile, ToLongFunction<Checkpoint> nanos) {
    long[] sorted = window.stream().mapToLong(nanos).filter(n -> n > 0).sorted().toArray();
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] / 1e6;
  }

  private static void state(
      StringBuilder text,
      String name,
      ToDoubleFunction<State> figure,
      List<Checkpoint> early,
      List<Checkpoint> full,
      List<Checkpoint> last) {
    row(text, name, mean(early, figure), mean(full, figure), mean(last, figure));
  }

  private static double mean(List<Checkpoint> window, ToDoubleFunction<State> figure) {
    return window.stream()
        .map(Checkpoint::state)
        .filter(state -> state != null)
        .mapToDouble(figure)
        .average()
        .orElse(0);
  }

  private static void row(StringBuilder text, String name, double early, double full, double last) {
    text.append(
        String.format(
            Locale.ROOT,
            "| %s | %.1f | %.1f | %.1f | %s | %s | %s |%n",
            name,
            early,
            full,
            last,
            ratio(last, early),
            ratio(full, early),
            ratio(last, full)));
  }

  private static String ratio(double now, double before) {
    return before == 0 ? "" : String.format(Locale.ROOT, "%.2f", now / before);
  }
}
