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

import io.meru.servers.Await;
import io.meru.servers.RestCatalogServer;
import io.meru.servers.Signals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Faults of the catalog, and of what lies before it. */
final class CatalogFaults {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int MIN_COMMITS = 3;
  private static final int MAX_COMMITS = 5;
  private static final List<Integer> ERRORS = List.of(500, 502, 503, 504);
  private static final List<CommitFault> UNKNOWN =
      List.of(
          CommitFault.ERROR_INSTEAD,
          CommitFault.ERROR_AFTER,
          CommitFault.ERROR_BEFORE,
          CommitFault.CLOSED_INSTEAD,
          CommitFault.CLOSED_AFTER,
          CommitFault.REPEATED);
  private static final List<CommitFault> SLOW = List.of(CommitFault.SLOW, CommitFault.SLOW_ANSWER);

  /** Beyond the interval of checkpoints. */
  private static final int MIN_PAUSE_MS = 700;

  private static final int MAX_PAUSE_MS = 3_000;
  private static final int MIN_OUTAGE_MS = 1_000;
  private static final int MAX_OUTAGE_MS = 4_000;

  private CatalogFaults() {}

  /** How a catalog is out of reach. */
  private enum Outage {
    /** Nobody listens. */
    REFUSED,
    /** Each request is answered by 503. */
    UNAVAILABLE,
    /** The server takes requests, and carries them out when it wakes up. */
    FROZEN,
    /** kill -9 of the server, in the middle of what it does. */
    KILLED
  }

  /** The catalog is out of reach for some seconds. */
  static void outage(Scene scene, Schedule.Step step) throws Exception {
    SplittableRandom random = new SplittableRandom(step.seed());
    Outage outage = Outage.values()[random.nextInt(Outage.values().length)];
    Duration length = between(MIN_OUTAGE_MS, MAX_OUTAGE_MS, random);
    CatalogProxy proxy = scene.rest().proxy();
    RestCatalogServer server = scene.rest().server();
    Signals signals = scene.cluster().signals();
    boolean struck = scene.awaitMoment(step.moment());
    int requests = proxy.requests();
    int refused = proxy.refused();
    int unanswered = proxy.unanswered();
    boolean met =
        switch (outage) {
          case REFUSED -> {
            proxy.shut();
            try {
              Thread.sleep(length.toMillis());
            } finally {
              proxy.open();
            }
            yield struck; // whom nobody hears cannot be counted
          }
          case UNAVAILABLE -> {
            proxy.setUnavailable(true);
            try {
              Thread.sleep(length.toMillis());
            } finally {
              proxy.setUnavailable(false);
            }
            yield proxy.refused() > refused;
          }
          case FROZEN -> {
            server.process().pause(signals);
            try {
              Thread.sleep(length.toMillis());
            } finally {
              server.process().resume(signals);
            }
            yield proxy.requests() > requests;
          }
          case KILLED -> {
            try {
              server.kill();
            } finally {
              server.restart();
            }
            yield proxy.unanswered() > unanswered;
          }
        };
    String not = outage == Outage.REFUSED ? ", no commit in sight" : ", met by no request";
    scene.met().add("catalog " + outage + (met ? "" : not));
  }

  /** Commits take longer than the time between two checkpoints. */
  static void slowCommits(Scene scene, Schedule.Step step) throws Exception {
    treat(scene, step, SLOW);
  }

  /**
   * Commits are carried out and answered by an error, or the connection's end, or by a conflict; or
   * they are not carried out, or later.
   */
  static void unknownCommits(Scene scene, Schedule.Step step) throws Exception {
    treat(scene, step, UNKNOWN);
  }

  private static void treat(Scene scene, Schedule.Step step, List<CommitFault> faults)
      throws InterruptedException {
    SplittableRandom random = new SplittableRandom(step.seed());
    List<CommitFault.Manner> manners = new ArrayList<>();
    for (int i = random.nextInt(MIN_COMMITS, MAX_COMMITS + 1); i > 0; i--) {
      manners.add(manner(faults.get(random.nextInt(faults.size())), random));
    }
    CatalogProxy proxy = scene.rest().proxy();
    int expected = proxy.treated() + manners.size();
    proxy.treatNext(manners);
    Await.until(
        manners.size() + " commits have met a fault",
        LIMIT,
        () -> proxy.treated() >= expected,
        scene::describe);
    manners.forEach(manner -> scene.met().add("commit " + manner.fault()));
  }

  private static CommitFault.Manner manner(CommitFault fault, SplittableRandom random) {
    return new CommitFault.Manner(
        fault,
        ERRORS.get(random.nextInt(ERRORS.size())),
        between(MIN_PAUSE_MS, MAX_PAUSE_MS, random));
  }

  private static Duration between(int minMs, int maxMs, SplittableRandom random) {
    return Duration.ofMillis(random.nextInt(minMs, maxMs + 1));
  }
}
