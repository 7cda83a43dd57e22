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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a job's heap, its table's files and snapshots and its commits stay what they are: a Flink
 * job at full speed for an hour, compaction and clean-up on, every key and row checked at the end.
 */
public final class Soak {
  private static final String HELP =
      """
      soak [--minutes=60] [--parallelism=2] [--keys=4000000] [--checkpoint-seconds=5]
           [--sample-seconds=10] [--window-seconds=600] [--retained-minutes=5] [--heap=2g]
           [--work=DIRECTORY] [--out=DIRECTORY]
        --window-seconds    samples that are put together; the second window is the one to hold
        --retained-minutes  the sink's snapshot.time-retained, whose default of an hour would let
                            files pile up for as long as the soak takes""";

  private static final int ROWS_PER_BATCH = 20_000;
  private static final int KEYS_PER_LOAD_BATCH = 20_000;
  private static final int DELETE_PERCENT = 10;
  private static final int UPDATES_PER_KEY = 100;

  private Soak() {}

  /** All figures of a run. */
  record Run(SoakMain.Request request, int windowSeconds, String heap, SoakMain.Result result) {}

  /** Runs with the options in {@code args}, writes results and report. */
  public static void main(String[] args) throws Exception {
    Arguments given = Arguments.parse(args, HELP);
    double minutes = Double.parseDouble(given.get("minutes", "60"));
    int parallelism = given.getInt("parallelism", 2);
    int keys = given.getInt("keys", 4_000_000);
    int checkpointSeconds = given.getInt("checkpoint-seconds", 5);
    int sampleSeconds = given.getInt("sample-seconds", 10);
    int windowSeconds = given.getInt("window-seconds", 600);
    int retainedMinutes = given.getInt("retained-minutes", 5);
    String heap = given.get("heap", "2g");
    Path work = Path.of(given.get("work", "benchmarks/target/soak")).toAbsolutePath();
    Path out =
        Path.of(given.get("out", "benchmarks/results/local/" + LocalDate.now())).toAbsolutePath();
    given.refuseUnknown();
    int seconds = (int) Math.round(60 * minutes);
    if (seconds < 3 * windowSeconds) {
      throw new IllegalArgumentException(
          "At least three windows of %d s are compared, but the soak was to take %d s"
              .formatted(windowSeconds, seconds));
    }

    SoakMain.Request request =
        new SoakMain.Request(
            workload(keys, parallelism),
            seconds,
            checkpointSeconds,
            sampleSeconds,
            options(retainedMinutes),
            work.toString());
    Directories.delete(work);
    Files.createDirectories(work);
    Path result = work.resolve("soak.json");
    ObjectMapper json = new ObjectMapper();
    ChildJvm.forIceberg(heap)
        .run(
            SoakMain.class,
            work.resolve("soak.log"),
            json.writeValueAsString(request),
            result.toString());
    Run run =
        new Run(
            request, windowSeconds, heap, json.readValue(result.toFile(), SoakMain.Result.class));
    Results results = Results.open(out);
    results.put("soak-machine", Machine.describe());
    results.put("soak", run);
    String report = SoakReport.of(run);
    Files.writeString(out.resolve("soak.md"), report);
    System.out.println(report);
    Directories.delete(work);
  }

  /** Updates that begin anew after {@value #UPDATES_PER_KEY} for each key. */
  private static Workload workload(int keys, int parallelism) {
    int load = Math.max(1, keys / KEYS_PER_LOAD_BATCH);
    int updates = Math.toIntExact((long) keys * UPDATES_PER_KEY / ROWS_PER_BATCH);
    return new Workload(
        "soak",
        Workload.KeyType.BIGINT,
        keys,
        load,
        updates,
        ROWS_PER_BATCH,
        true,
        DELETE_PERCENT,
        parallelism);
  }

  private static Map<String, String> options(int retainedMinutes) {
    return new TreeMap<>(Map.of("snapshot.time-retained", retainedMinutes + " min"));
  }
}
