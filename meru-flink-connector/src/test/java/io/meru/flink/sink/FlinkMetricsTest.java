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

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.groups.SinkWriterMetricGroup;
import org.apache.flink.metrics.testutils.MetricListener;
import org.apache.flink.runtime.metrics.groups.MetricsGroupTestUtils;
import org.apache.flink.runtime.metrics.groups.UnregisteredMetricGroups;
import org.junit.jupiter.api.Test;

class FlinkMetricsTest {
  private final MetricListener listener = new MetricListener();

  @Test
  void aWritersFiguresAreFlinksStandardOnesAndMerus() {
    SinkWriterMetricGroup group =
        MetricsGroupTestUtils.mockWriterMetricGroup(
            listener.getMetricGroup(),
            UnregisteredMetricGroups.createUnregisteredOperatorMetricGroup().getIOMetricGroup());
    FlinkWriterMetrics metrics = new FlinkWriterMetrics(group);

    metrics.row(true);
    metrics.row(true);
    metrics.row(false);
    metrics.flushed(2, 1, 1, 700, 5_000_000);
    metrics.stalled(3_000_000);
    metrics.activeBytes(10);
    metrics.sealedBytes(20);
    metrics.level0Files(4);
    metrics.resolved(3, 2, 1_000_000);
    metrics.resolverPages(5, 6);
    metrics.keyIndexBytes(99);
    metrics.keyIndexBuilt(1000, 2_000_000);
    metrics.keyIndexesMerged(5000);

    assertThat(group.getNumRecordsSendCounter().getCount()).isEqualTo(3);
    assertThat(group.getNumBytesSendCounter().getCount()).isEqualTo(700);
    assertThat(group.getIOMetricGroup().getNumRecordsOutCounter().getCount()).isEqualTo(3);
    assertThat(group.getIOMetricGroup().getNumBytesOutCounter().getCount()).isEqualTo(700);
    assertThat(counter("puts")).isEqualTo(2);
    assertThat(counter("deletes")).isEqualTo(1);
    assertThat(counter("flushes")).isEqualTo(1);
    assertThat(counter("flushedRows")).isEqualTo(2);
    assertThat(counter("flushedDeletes")).isEqualTo(1);
    assertThat(counter("flushedFiles")).isEqualTo(1);
    assertThat(counter("flushedBytes")).isEqualTo(700);
    assertThat(counter("stalls")).isEqualTo(1);
    assertThat(counter("resolvedKeys")).isEqualTo(3);
    assertThat(counter("deletedPositions")).isEqualTo(2);
    assertThat(counter("resolverPagesRead")).isEqualTo(5);
    assertThat(counter("resolverPagesSkipped")).isEqualTo(6);
    assertThat(counter("keyIndexesBuilt")).isEqualTo(1);
    assertThat(counter("keyIndexedKeys")).isEqualTo(1000);
    assertThat(counter("keyIndexMergedRows")).isEqualTo(5000);
    assertThat(gauge("flushTimeMs")).isEqualTo(5);
    assertThat(gauge("lastFlushDurationMs")).isEqualTo(5);
    assertThat(gauge("stallTimeMs")).isEqualTo(3);
    assertThat(gauge("resolveTimeMs")).isEqualTo(1);
    assertThat(gauge("keyIndexBuildTimeMs")).isEqualTo(2);
    assertThat(gauge("memtableActiveBytes")).isEqualTo(10);
    assertThat(gauge("memtableSealedBytes")).isEqualTo(20);
    assertThat(gauge("level0Files")).isEqualTo(4);
    assertThat(gauge("keyIndexBytes")).isEqualTo(99);
  }

  @Test
  void theCommittersFiguresAreSums() {
    FlinkCommitMetrics metrics = new FlinkCommitMetrics(listener.getMetricGroup());

    metrics.committed(2, 30, 400, 5, 1, 60, 0, 7_000_000);
    metrics.committed(1, 10, 100, 3, 2, 40, 1, 3_000_000);
    metrics.retried();
    metrics.reresolved(17);
    metrics.compactionsCommitted(8, 1, 900);
    metrics.compactionsCommitted(4, 2, 100);
    metrics.compactionsDropped(2);

    assertThat(counter("commits")).isEqualTo(2);
    assertThat(counter("committedFiles")).isEqualTo(3);
    assertThat(counter("committedRecords")).isEqualTo(40);
    assertThat(counter("committedBytes")).isEqualTo(500);
    assertThat(counter("committedDeletedPositions")).isEqualTo(8);
    assertThat(counter("deletionVectors")).isEqualTo(3);
    assertThat(counter("deletionVectorBytes")).isEqualTo(100);
    assertThat(counter("droppedFiles")).isEqualTo(1);
    assertThat(counter("commitRetries")).isEqualTo(1);
    assertThat(counter("reresolvedKeys")).isEqualTo(17);
    assertThat(counter("compactionRemovedFiles")).isEqualTo(12);
    assertThat(counter("compactionAddedFiles")).isEqualTo(3);
    assertThat(counter("compactionAddedBytes")).isEqualTo(1000);
    assertThat(counter("compactionsDropped")).isEqualTo(2);
    assertThat(gauge("commitTimeMs")).isEqualTo(10);
    assertThat(gauge("lastCommitDurationMs")).isEqualTo(3);
    assertThat(gauge("lastCommitDeletionVectorBytes")).isEqualTo(40);
  }

  @Test
  void theCleanersFiguresAreSumsAndTheTablesState() {
    FlinkCleanUpMetrics metrics = new FlinkCleanUpMetrics(listener.getMetricGroup());

    metrics.expired(3, 7_000_000);
    metrics.expired(2, 3_000_000);
    metrics.table(99, 1234);
    metrics.deleted(10, 1, 2_000_000);
    metrics.waiting(50);
    metrics.orphans(5, 4, 3_000_000);
    metrics.failed();

    assertThat(counter("expiredSnapshots")).isEqualTo(5);
    assertThat(counter("cleanUpDeletedFiles")).isEqualTo(10);
    assertThat(counter("cleanUpUndeletedFiles")).isEqualTo(1);
    assertThat(counter("orphansFound")).isEqualTo(5);
    assertThat(counter("orphansDeleted")).isEqualTo(4);
    assertThat(counter("cleanUpFailures")).isEqualTo(1);
    assertThat(gauge("expiryTimeMs")).isEqualTo(10);
    assertThat(gauge("lastExpiryDurationMs")).isEqualTo(3);
    assertThat(gauge("cleanUpTimeMs")).isEqualTo(5);
    assertThat(gauge("snapshots")).isEqualTo(99);
    assertThat(gauge("metadataBytes")).isEqualTo(1234);
    assertThat(gauge("cleanUpWaitingFiles")).isEqualTo(50);
  }

  private long counter(String name) {
    Counter counter = listener.getCounter("meru", name).orElseThrow();
    return counter.getCount();
  }

  private long gauge(String name) {
    Gauge<Long> gauge = listener.<Long>getGauge("meru", name).orElseThrow();
    return gauge.getValue();
  }
}
