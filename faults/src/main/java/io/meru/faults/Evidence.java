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

package io.meru.faults;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the processes' logs say of faults that met a commit: without it, a report without violations
 * might be one of faults that came too early or too late.
 *
 * @param fenced commits refused because a newer run had the table
 * @param plannedAnew commits that found another snapshot than the one they were planned on
 * @param tooLate commits whose version of the metadata another process had written by then, whether
 *     it was faster or this one was frozen
 */
record Evidence(long fenced, long plannedAnew, long tooLate) {
  private static final Pattern FENCED =
      Pattern.compile("Caused by: io\\.meru\\.error\\.FencedException");
  private static final Pattern LOST_RACE =
      Pattern.compile(
          " INFO \\w+: Trying .+ of table .+ again: org\\.apache\\.iceberg\\.exceptions\\.ValidationException");
  private static final Pattern TOO_LATE =
      Pattern.compile(" WARN Tasks: Retrying task after failure");

  /** Counts in the logs of all TaskManagers. */
  static Evidence in(List<Path> logs) {
    long fenced = 0;
    long plannedAnew = 0;
    long tooLate = 0;
    for (Path log : logs) {
      if (!log.toString().contains("jobmanager")) {
        fenced += count(log, FENCED);
        plannedAnew += count(log, LOST_RACE);
        tooLate += count(log, TOO_LATE);
      }
    }
    return new Evidence(fenced, plannedAnew, tooLate);
  }

  /**
   * Whether a process says, behind the first {@code bytes} of its log, that a commit of its was
   * refused or had to be planned anew.
   */
  static boolean ofLateCommit(Path log, long bytes) throws IOException {
    try (InputStream in = Files.newInputStream(log)) {
      in.skipNBytes(bytes);
      String said = new String(in.readAllBytes(), ISO_8859_1);
      return Stream.of(FENCED, LOST_RACE, TOO_LATE).anyMatch(what -> what.matcher(said).find());
    }
  }

  private static long count(Path log, Pattern what) {
    try (BufferedReader lines = Files.newBufferedReader(log, ISO_8859_1)) {
      return lines.lines().filter(line -> what.matcher(line).find()).count();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + log, e);
    }
  }
}
