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

package io.meru.flink.testing;

import java.io.Serializable;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * A second branch of a job, beside the one under test, that fails once, around the job's third
 * checkpoint. It shares no data with the other, so the sink is at its own step when it fails.
 */
public final class FailingOnce implements Serializable {
  /** When the branch fails. */
  public enum Moment {
    /** Between two barriers. */
    BEFORE_BARRIER,
    /** The writers have flushed and handed out their edits; the checkpoint is not complete. */
    BEFORE_CHECKPOINT_COMPLETES,
    /** The checkpoint is complete, and its commit has begun or has not. */
    AFTER_CHECKPOINT
  }

  private static final long serialVersionUID = 1L;
  private static final long CHECKPOINT = 3;

  /** Long enough for the other branch to pass its barrier. */
  private static final int OTHER_BRANCH_MS = 500;

  private static final Map<String, AtomicBoolean> FAILED = new ConcurrentHashMap<>();

  private final Moment moment;
  private final String id = UUID.randomUUID().toString();

  /** Fails at {@code moment}. */
  public FailingOnce(Moment moment) {
    this.moment = moment;
    FAILED.put(id, new AtomicBoolean());
  }

  /** Whether it has failed. */
  public boolean hasFailed() {
    return FAILED.get(id).get();
  }

  /** Adds the branch; it reads as long as a source of {@code count} numbers. */
  public void addTo(StreamExecutionEnvironment environment, long count, int perSecond) {
    environment
        .fromSequence(0, count - 1)
        .setParallelism(1)
        .map(new Failing(this, perSecond))
        .setParallelism(1)
        .sinkTo(new DiscardingSink<>())
        .setParallelism(1);
  }

  private void failIf(Moment now) {
    if (moment == now && FAILED.get(id).compareAndSet(false, true)) {
      throw new IllegalStateException("planned: fails " + moment);
    }
  }

  private static final class Failing
      implements MapFunction<Long, Long>, CheckpointedFunction, CheckpointListener {
    private static final long serialVersionUID = 1L;

    private final FailingOnce plan;
    private final int perSecond;
    private transient long checkpoint;

    Failing(FailingOnce plan, int perSecond) {
      this.plan = plan;
      this.perSecond = perSecond;
    }

    @Override
    public Long map(Long n) throws InterruptedException {
      if (n % 10 == 0) {
        Thread.sleep(10_000 / perSecond);
      }
      if (checkpoint >= CHECKPOINT) {
        plan.failIf(Moment.BEFORE_BARRIER);
      }
      return n;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws InterruptedException {
      checkpoint = context.getCheckpointId();
      if (checkpoint >= CHECKPOINT
          && plan.moment == Moment.BEFORE_CHECKPOINT_COMPLETES
          && !plan.hasFailed()) {
        Thread.sleep(OTHER_BRANCH_MS);
        plan.failIf(Moment.BEFORE_CHECKPOINT_COMPLETES);
      }
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {
      checkpoint = 0;
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
      if (checkpointId >= CHECKPOINT) {
        plan.failIf(Moment.AFTER_CHECKPOINT);
      }
    }
  }
}
