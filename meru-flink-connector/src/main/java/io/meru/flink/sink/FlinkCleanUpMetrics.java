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

import io.meru.metrics.CleanUpMetrics;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;

/** The cleaner's figures as Flink metrics, in the group {@code meru} of the committer. */
final class FlinkCleanUpMetrics implements CleanUpMetrics {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Counter expiredSnapshots;
  private final Counter deletedFiles;
  private final Counter undeletedFiles;
  private final Counter orphansFound;
  private final Counter orphansDeleted;
  private final Counter failures;

  private final AtomicLong expiryNanos = new AtomicLong();
  private final AtomicLong backgroundNanos = new AtomicLong();

  private volatile long lastExpiryNanos;
  private volatile long snapshots;
  private volatile long metadataBytes;
  private volatile long waitingFiles;

  FlinkCleanUpMetrics(MetricGroup group) {
    MetricGroup meru = group.addGroup("meru");
    this.expiredSnapshots = counter(meru, "expiredSnapshots");
    this.deletedFiles = counter(meru, "cleanUpDeletedFiles");
    this.undeletedFiles = counter(meru, "cleanUpUndeletedFiles");
    this.orphansFound = counter(meru, "orphansFound");
    this.orphansDeleted = counter(meru, "orphansDeleted");
    this.failures = counter(meru, "cleanUpFailures");
    gauge(meru, "expiryTimeMs", () -> expiryNanos.get() / NANOS_PER_MILLI);
    gauge(meru, "lastExpiryDurationMs", () -> lastExpiryNanos / NANOS_PER_MILLI);
    gauge(meru, "cleanUpTimeMs", () -> backgroundNanos.get() / NANOS_PER_MILLI);
    gauge(meru, "snapshots", () -> snapshots);
    gauge(meru, "metadataBytes", () -> metadataBytes);
    gauge(meru, "cleanUpWaitingFiles", () -> waitingFiles);
  }

  private static Counter counter(MetricGroup group, String name) {
    return group.counter(name, new ThreadSafeSimpleCounter());
  }

  private static void gauge(MetricGroup group, String name, Gauge<Long> value) {
    group.gauge(name, value);
  }

  @Override
  public void expired(int count, long nanos) {
    expiredSnapshots.inc(count);
    expiryNanos.addAndGet(nanos);
    lastExpiryNanos = nanos;
  }

  @Override
  public void table(int count, long bytes) {
    snapshots = count;
    metadataBytes = bytes;
  }

  @Override
  public void deleted(int files, int failed, long nanos) {
    deletedFiles.inc(files);
    undeletedFiles.inc(failed);
    backgroundNanos.addAndGet(nanos);
  }

  @Override
  public void waiting(int files) {
    waitingFiles = files;
  }

  @Override
  public void orphans(int found, int deleted, long nanos) {
    orphansFound.inc(found);
    orphansDeleted.inc(deleted);
    backgroundNanos.addAndGet(nanos);
  }

  @Override
  public void failed() {
    failures.inc();
  }
}
