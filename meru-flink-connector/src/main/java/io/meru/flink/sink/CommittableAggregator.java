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

import io.meru.commit.Committable;
import io.meru.version.VersionEdit;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.CommittableSummary;
import org.apache.flink.streaming.api.connector.sink2.CommittableWithLineage;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Gathers the writers' edits and emits them at its own barrier, so that a checkpoint is one
 * committable and becomes one snapshot. Runs with parallelism 1.
 *
 * <p>Flink allows no unaligned checkpoints between a sink's writers and its committer, so this
 * operator has every writer's edits of a checkpoint before the checkpoint's barrier, nothing is in
 * flight when a checkpoint is taken, and no state is needed. Edits of a checkpoint that was given
 * up before its barrier came here go out with the next one, in their order.
 *
 * <p>Each attempt is a run with an id of its own. A job whose input ends before its first
 * checkpoint (batch execution, above all) derives the id from its edits instead: Flink may run this
 * operator alone once more there, on the very same edits, and the committer must recognise them.
 */
final class CommittableAggregator extends AbstractStreamOperator<CommittableMessage<Committable>>
    implements OneInputStreamOperator<
            CommittableMessage<MeruWriteResult>, CommittableMessage<Committable>>,
        BoundedOneInput {
  private static final long serialVersionUID = 1L;

  /** The only subtask. */
  private static final int SUBTASK = 0;

  private transient List<CommittableWithLineage<MeruWriteResult>> pending = new ArrayList<>();
  private transient String runId = "";
  private transient long lastCheckpointId;
  private transient boolean barrierSeen;
  private transient boolean inputEnded;

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    pending = new ArrayList<>();
    runId = UUID.randomUUID().toString();
    lastCheckpointId = context.getRestoredCheckpointId().orElse(0);
    barrierSeen = false;
    inputEnded = false;
  }

  @Override
  public void processElement(StreamRecord<CommittableMessage<MeruWriteResult>> element) {
    if (element.getValue() instanceof CommittableWithLineage<MeruWriteResult> message) {
      requireOfThisRun(message);
      pending.add(message);
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    super.prepareSnapshotPreBarrier(checkpointId);
    if (!inputEnded) {
      barrierSeen = true;
      emit(checkpointId, runId);
    }
  }

  @Override
  public void endInput() {
    inputEnded = true;
    emit(lastCheckpointId + 1, barrierSeen ? runId : derivedRunId());
  }

  private void emit(long checkpointId, String run) {
    lastCheckpointId = checkpointId;
    if (pending.isEmpty()) {
      return;
    }
    Committable committable =
        new Committable(sinkId(), run, checkpointId, watermark(), editsInOrder());
    pending.clear();
    output.collect(new StreamRecord<>(new CommittableSummary<>(SUBTASK, 1, checkpointId, 1, 0)));
    output.collect(
        new StreamRecord<>(new CommittableWithLineage<>(committable, checkpointId, SUBTASK)));
  }

  /**
   * Edits that change something, the checkpoints' order first: a writer's later edit knows its
   * earlier ones.
   */
  private List<VersionEdit> editsInOrder() {
    return pending.stream()
        .sorted(
            Comparator.comparingLong(
                    (CommittableWithLineage<MeruWriteResult> message) -> message.getCheckpointId())
                .thenComparingInt(CommittableWithLineage::getSubtaskId))
        .map(message -> message.getCommittable().edit())
        .filter(edit -> !edit.isEmpty())
        .collect(Collectors.toList());
  }

  private String sinkId() {
    return pending.stream()
        .map(message -> message.getCommittable().sinkId())
        .min(Comparator.naturalOrder())
        .orElseThrow();
  }

  /**
   * All rows up to here are in, as far as the writers know: the lowest of their newest watermarks.
   */
  private long watermark() {
    long newest =
        pending.stream().mapToLong(CommittableWithLineage::getCheckpointId).max().orElseThrow();
    return pending.stream()
        .filter(message -> message.getCheckpointId() == newest)
        .mapToLong(message -> message.getCommittable().watermark())
        .min()
        .orElseThrow();
  }

  private String derivedRunId() {
    String edits =
        pending.stream()
            .map(message -> message.getCommittable().edit().id().toString())
            .sorted()
            .collect(Collectors.joining());
    return UUID.nameUUIDFromBytes(edits.getBytes(StandardCharsets.US_ASCII)).toString();
  }

  private void requireOfThisRun(CommittableWithLineage<MeruWriteResult> message) {
    if (message.getCheckpointId() <= lastCheckpointId) {
      throw new IllegalStateException(
          ("Edit %s of writer %d for checkpoint %d arrived after checkpoint %d. It cannot be told"
                  + " what its writer knew of the table; restart the job from the last completed"
                  + " checkpoint.")
              .formatted(
                  message.getCommittable().edit().id(),
                  message.getSubtaskId(),
                  message.getCheckpointId(),
                  lastCheckpointId));
    }
  }
}
