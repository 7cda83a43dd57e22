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

package io.meru.flink.sink;

import io.meru.metrics.CommitMetrics;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** The committer's figures as Flink metrics, in the group {@code meru} of the committer. */
final class FlinkCommitMetrics implements CommitMetrics {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Counter commits;
  private final Counter files;
  private final Counter records;
  private final Counter bytes;
  private final Counter deletedPositions;
  private final Counter deletionVectors;
  private final Counter deletionVectorBytes;
  private final Counter droppedFiles;
  private final Counter retries;
  private final Counter reresolvedKeys;
  private final Counter compactionsDropped;
  private final Counter compactedAway;
  private final Counter compactionFiles;
  private final Counter compactionBytes;

  private volatile long commitNanos;
  private volatile long lastCommitNanos;
  private volatile long lastVectorBytes;

  FlinkCommitMetrics(MetricGroup group) {
    MetricGroup meru = group.addGroup("meru");
    this.commits = meru.counter("commits");
    this.files = meru.counter("committedFiles");
    this.records = meru.counter("committedRecords");
    this.bytes = meru.counter("committedBytes");
    this.deletedPositions = meru.counter("committedDeletedPositions");
    this.deletionVectors = meru.counter("deletionVectors");
    this.deletionVectorBytes = meru.counter("deletionVectorBytes");
    this.droppedFiles = meru.counter("droppedFiles");
    this.retries = meru.counter("commitRetries");
    this.reresolvedKeys = meru.counter("reresolvedKeys");
    this.compactionsDropped = meru.counter("compactionsDropped");
    this.compactedAway = meru.counter("compactionRemovedFiles");
    this.compactionFiles = meru.counter("compactionAddedFiles");
    this.compactionBytes = meru.counter("compactionAddedBytes");
    gauge(meru, "commitTimeMs", () -> commitNanos / NANOS_PER_MILLI);
    gauge(meru, "lastCommitDurationMs", () -> lastCommitNanos / NANOS_PER_MILLI);
    gauge(meru, "lastCommitDeletionVectorBytes", () -> lastVectorBytes);
  }

  private static void gauge(MetricGroup group, String name, Gauge<Long> value) {
    group.gauge(name, value);
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  public void committed(
      int addedFiles,
      long addedRecords,
      long addedBytes,
      long newPositions,
      int vectors,
      long vectorBytes,
      int dropped,
      long nanos) {
    commits.inc();
    files.inc(addedFiles);
    records.inc(addedRecords);
    bytes.inc(addedBytes);
    deletedPositions.inc(newPositions);
    deletionVectors.inc(vectors);
    deletionVectorBytes.inc(vectorBytes);
    droppedFiles.inc(dropped);
    commitNanos += nanos;
    lastCommitNanos = nanos;
    lastVectorBytes = vectorBytes;
  }

  @Override
  public void retried() {
    retries.inc();
  }

  @Override
  public void reresolved(long keys) {
    reresolvedKeys.inc(keys);
  }

  @Override
  public void compactionsCommitted(int removed, int added, long addedBytes) {
    compactedAway.inc(removed);
    compactionFiles.inc(added);
    compactionBytes.inc(addedBytes);
  }

  @Override
  public void compactionsDropped(int writers) {
    compactionsDropped.inc(writers);
  }
}
