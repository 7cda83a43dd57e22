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

import org.apache.flink.api.common.JobID;

/**
 * A job whose source never waits: checkpoints come while rows flow, as in production. Only its
 * driver triggers them, so that each can be timed.
 */
final class FreeRun {
  /** Batches that a reader may be ahead of the mean. */
  private static final int AHEAD = 4;

  private final JobRunner runner;
  private final Engine engine;
  private final BatchGate gate;
  private final JobID job;

  /**
   * Times of one checkpoint.
   *
   * @param checkpointNanos from its trigger to its completion
   * @param commitNanos from then until readers of the table see it
   */
  record Checkpoint(long checkpointNanos, long commitNanos) {}

  /**
   * Starts a job that sends {@code workload} to {@code engine}'s table from its first batch on, and
   * its updates again and again.
   */
  FreeRun(JobRunner runner, Engine engine, Workload workload) throws Exception {
    this.runner = runner;
    this.engine = engine;
    this.gate = new BatchGate(workload.lanes(), 0);
    gate.install();
    this.job = runner.submit(engine, workload, 0);
    gate.openAhead(AHEAD);
  }

  /** Batches that were sent. */
  int sentBatches() {
    return gate.sentBatches();
  }

  Checkpoint checkpoint() throws Exception {
    long start = System.nanoTime();
    long checkpoint = runner.checkpoint(job);
    long completed = System.nanoTime();
    runner.awaitVisible(engine, job, checkpoint);
    return new Checkpoint(completed - start, System.nanoTime() - completed);
  }

  /**
   * Sends what is open, commits it, ends the job, and returns the number of batches in the table.
   */
  int finish() throws Exception {
    int batches = gate.stop(); // some of them are not sent yet: the last checkpoint has rows
    runner.awaitSent(gate, job);
    checkpoint();
    runner.cancel(job);
    return batches;
  }
}
