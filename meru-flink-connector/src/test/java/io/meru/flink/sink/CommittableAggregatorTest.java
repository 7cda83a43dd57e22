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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.commit.Committable;
import io.meru.version.VersionEdit;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.CommittableSummary;
import org.apache.flink.streaming.api.connector.sink2.CommittableWithLineage;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class CommittableAggregatorTest {
  @Test
  void aCheckpointIsOneCommittable() throws Exception {
    try (var harness = opened()) {
      send(harness, 1, 0, 100, Edits.some(10));
      send(harness, 1, 1, 90, Edits.some(11));
      assertThat(harness.getOutput()).isEmpty();

      harness.prepareSnapshotPreBarrier(1);

      List<CommittableMessage<Committable>> messages = messages(harness);
      assertThat(messages).hasSize(2);
      assertThat(messages.get(0)).isEqualTo(new CommittableSummary<>(0, 1, 1, 1, 0));
      Committable committable = committables(harness).get(0);
      assertThat(committable.sinkId()).isEqualTo("orders");
      assertThat(committable.checkpointId()).isEqualTo(1);
      assertThat(committable.watermark()).isEqualTo(90);
      assertThat(ids(committable)).containsExactly(10L, 11L);
    }
  }

  @Test
  void checkpointsOfOneAttemptShareARunAndAttemptsDoNot() throws Exception {
    OperatorSubtaskState state;
    String firstRun;
    try (var harness = opened()) {
      send(harness, 1, 0, 0, Edits.some(10));
      harness.prepareSnapshotPreBarrier(1);
      send(harness, 2, 0, 0, Edits.some(11));
      harness.prepareSnapshotPreBarrier(2);
      state = harness.snapshot(2, 0);
      List<Committable> committables = committables(harness);
      firstRun = committables.get(0).runId();
      assertThat(committables.get(1).runId()).isEqualTo(firstRun);
    }
    try (var harness = harness()) {
      harness.setRestoredCheckpointId(2);
      harness.initializeState(state);
      harness.open();
      send(harness, 3, 0, 0, Edits.some(12));
      harness.prepareSnapshotPreBarrier(3);
      assertThat(committables(harness).get(0).runId()).isNotEqualTo(firstRun);
    }
  }

  @Test
  void editsOfACheckpointThatWasGivenUpGoOutWithTheNextInTheirOrder() throws Exception {
    try (var harness = opened()) {
      send(harness, 5, 1, 7, Edits.some(10));
      send(harness, 5, 0, 7, Edits.some(11));
      send(harness, 6, 1, 9, Edits.some(12));
      send(harness, 6, 0, 8, Edits.some(13));

      harness.prepareSnapshotPreBarrier(6);

      Committable committable = committables(harness).get(0);
      assertThat(ids(committable)).containsExactly(11L, 10L, 13L, 12L);
      assertThat(committable.watermark()).isEqualTo(8);
    }
  }

  @Test
  void editsWithoutChangesAreLeftOut() throws Exception {
    try (var harness = opened()) {
      send(harness, 1, 0, 0, Edits.empty(10));
      send(harness, 1, 1, 0, Edits.some(11));
      harness.prepareSnapshotPreBarrier(1);
      assertThat(ids(committables(harness).get(0))).containsExactly(11L);
    }
  }

  @Test
  void theEndOfInputIsOneMoreCheckpointAndOnlyOne() throws Exception {
    try (var harness = opened()) {
      send(harness, 4, 0, 0, Edits.some(10));
      harness.prepareSnapshotPreBarrier(4);
      send(harness, 5, 0, 0, Edits.some(11));
      harness.endInput();
      harness.prepareSnapshotPreBarrier(5);
      harness.prepareSnapshotPreBarrier(6);

      List<Committable> committables = committables(harness);
      assertThat(committables).extracting(Committable::checkpointId).containsExactly(4L, 5L);
      assertThat(committables.get(1).runId()).isEqualTo(committables.get(0).runId());
    }
  }

  @Test
  void withoutABarrierTheSameEditsAreTheSameRun() throws Exception {
    assertThat(boundedRun(Edits.some(10), Edits.some(11)))
        .isEqualTo(boundedRun(Edits.some(11), Edits.some(10)))
        .isNotEqualTo(boundedRun(Edits.some(10), Edits.some(12)));
  }

  @Test
  void anEditThatArrivesAfterItsCheckpointIsRefused() throws Exception {
    try (var harness = opened()) {
      harness.prepareSnapshotPreBarrier(3);
      send(harness, 4, 0, 0, Edits.some(10));
      harness.prepareSnapshotPreBarrier(4);

      assertThatThrownBy(() -> send(harness, 4, 1, 0, Edits.some(11)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(
              "Edit 00000000-0000-0007-0000-00000000000b of writer 1 for checkpoint 4 arrived after"
                  + " checkpoint 4.");
    }
  }

  private static List<Long> ids(Committable committable) {
    return committable.edits().stream().map(edit -> edit.id().getLeastSignificantBits()).toList();
  }

  private static String boundedRun(VersionEdit first, VersionEdit second) throws Exception {
    try (var harness = opened()) {
      send(harness, 1, 0, 0, first);
      send(harness, 1, 1, 0, second);
      harness.endInput();
      Committable committable = committables(harness).get(0);
      assertThat(committable.checkpointId()).isEqualTo(1);
      return committable.runId();
    }
  }

  private static OneInputStreamOperatorTestHarness<
          CommittableMessage<MeruWriteResult>, CommittableMessage<Committable>>
      harness() throws Exception {
    return new OneInputStreamOperatorTestHarness<>(new CommittableAggregator());
  }

  private static OneInputStreamOperatorTestHarness<
          CommittableMessage<MeruWriteResult>, CommittableMessage<Committable>>
      opened() throws Exception {
    var harness = harness();
    harness.open();
    return harness;
  }

  private static void send(
      OneInputStreamOperatorTestHarness<
              CommittableMessage<MeruWriteResult>, CommittableMessage<Committable>>
          harness,
      long checkpointId,
      int subtask,
      long watermark,
      VersionEdit edit)
      throws Exception {
    MeruWriteResult result = new MeruWriteResult("orders", watermark, edit);
    harness.processElement(
        new StreamRecord<>(new CommittableSummary<>(subtask, 2, checkpointId, 1, 0)));
    harness.processElement(
        new StreamRecord<>(new CommittableWithLineage<>(result, checkpointId, subtask)));
  }

  @SuppressWarnings("unchecked")
  private static List<CommittableMessage<Committable>> messages(
      OneInputStreamOperatorTestHarness<?, CommittableMessage<Committable>> harness) {
    List<CommittableMessage<Committable>> messages = new ArrayList<>();
    for (Object record : harness.getOutput()) {
      messages.add(((StreamRecord<CommittableMessage<Committable>>) record).getValue());
    }
    return messages;
  }

  private static List<Committable> committables(
      OneInputStreamOperatorTestHarness<?, CommittableMessage<Committable>> harness) {
    List<Committable> committables = new ArrayList<>();
    for (CommittableMessage<Committable> message : messages(harness)) {
      if (message instanceof CommittableWithLineage<Committable> one) {
        committables.add(one.getCommittable());
      }
    }
    return committables;
  }
}
