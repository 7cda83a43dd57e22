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

import io.meru.flink.sink.MeruSink;
import io.meru.flink.sink.MeruSinkBuilder;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.iceberg.flink.FlinkSchemaUtil;

/** The Flink job: the workload's changes, at a limited rate, into Meru. */
final class FaultJob {
  private final Workload workload;
  private final FaultTable table;
  private final JobStart start;

  FaultJob(Workload workload, FaultTable table, JobStart start) {
    this.workload = workload;
    this.table = table;
    this.start = start;
  }

  /** Submits the job to the cluster at {@code rest}; it runs until it is stopped. */
  void submit(URI rest) throws Exception {
    StreamExecutionEnvironment env = new StreamExecutionEnvironment(configuration(rest));
    DataGeneratorSource<Long> numbers =
        new DataGeneratorSource<>(
            (GeneratorFunction<Long, Long>) n -> n,
            Long.MAX_VALUE,
            RateLimiterStrategy.perSecond(start.changesPerSecond()),
            Types.LONG);
    DataStream<RowData> rows =
        env.fromSource(numbers, WatermarkStrategy.noWatermarks(), "numbers")
            .uid("numbers")
            .setParallelism(1) // a key's changes keep their order
            .flatMap(new ChangeRows(workload))
            .uid("changes")
            .setParallelism(1)
            .returns(InternalTypeInfo.of(FlinkSchemaUtil.convert(Workload.SCHEMA)));
    MeruSinkBuilder<RowData> sink =
        MeruSink.forRowData()
            .tableLoader(table.loader())
            .uidSuffix("faults")
            .writeParallelism(start.parallelism())
            // small, so that a checkpoint has several flushes
            .set("write-buffer.size", "1 mb")
            .set("resolver.cache-size", "8 mb")
            // at the end every snapshot is read; expiry is a fault of its own
            .set("clean-up.enabled", "false")
            // as often as it goes
            .set("compaction.enabled", Boolean.toString(start.compacts()))
            .set("compaction.level-trigger", "2")
            .set("compaction.deleted-ratio", "0.2");
    start.sinkId().ifPresent(sink::sinkId);
    sink.append(rows);
    env.executeAsync("faults");
  }

  private Configuration configuration(URI rest) {
    Map<String, String> config = new HashMap<>();
    config.put("execution.target", "remote");
    config.put("execution.attached", "false");
    config.put("rest.address", rest.getHost());
    config.put("rest.port", Integer.toString(rest.getPort()));
    config.put("$internal.pipeline.job-id", start.jobId());
    config.put("execution.checkpointing.interval", start.checkpointInterval().toMillis() + " ms");
    config.put("execution.checkpointing.dir", start.checkpoints().toUri().toString());
    config.put(
        "execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
    config.put("execution.checkpointing.unaligned.enabled", Boolean.toString(start.unaligned()));
    config.put("execution.checkpointing.tolerable-failed-checkpoints", "100");
    config.put("restart-strategy.type", "fixed-delay");
    config.put("restart-strategy.fixed-delay.attempts", "1000");
    config.put("restart-strategy.fixed-delay.delay", "200 ms");
    start
        .restoreFrom()
        .ifPresent(path -> config.put("execution.state-recovery.path", path.toUri().toString()));
    return Configuration.fromMap(config);
  }
}
