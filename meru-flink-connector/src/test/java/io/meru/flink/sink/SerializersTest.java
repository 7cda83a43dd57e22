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
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.junit.jupiter.api.Test;

/** Stored bytes of every version must stay readable: jobs restore from them. */
class SerializersTest {
  private static final MeruWriterState STATE = new MeruWriterState("orders");
  private static final MeruWriteResult RESULT =
      new MeruWriteResult("orders", 1_700_000_000_000L, Edits.some(10));
  private static final Committable COMMITTABLE =
      new Committable(
          "orders",
          "0f8fad5b-d9cb-469f-a165-70867728950e",
          17,
          Committable.NO_WATERMARK,
          List.of(Edits.some(10), Edits.some(11)));

  @Test
  void writerStateSurvives() throws IOException {
    assertSurvives(new MeruWriterStateSerializer(), STATE);
  }

  @Test
  void writeResultSurvives() throws IOException {
    assertSurvives(new MeruWriteResultSerializer(), RESULT);
  }

  @Test
  void committableSurvives() throws IOException {
    assertSurvives(new MeruCommittableSerializer(), COMMITTABLE);
  }

  @Test
  void storedBytesOfVersion1AreRead() throws IOException {
    assertStored(new MeruWriterStateSerializer(), "writer-state", STATE);
    assertStored(new MeruWriteResultSerializer(), "write-result", RESULT);
    assertStored(new MeruCommittableSerializer(), "committable", COMMITTABLE);
  }

  @Test
  void versionsOfTheFutureAreRefused() {
    assertRefused(new MeruWriterStateSerializer(), "writer state");
    assertRefused(new MeruWriteResultSerializer(), "write result");
    assertRefused(new MeruCommittableSerializer(), "committable");
  }

  private static <T> void assertSurvives(SimpleVersionedSerializer<T> serializer, T value)
      throws IOException {
    T copy = serializer.deserialize(serializer.getVersion(), serializer.serialize(value));
    assertThat(copy).usingRecursiveComparison().isEqualTo(value);
  }

  private static <T> void assertStored(
      SimpleVersionedSerializer<T> serializer, String name, T expected) throws IOException {
    try (InputStream stored =
        SerializersTest.class.getResourceAsStream("/state/" + name + "-v1.bin")) {
      assertThat(stored).as(name).isNotNull();
      assertThat(serializer.deserialize(1, stored.readAllBytes()))
          .usingRecursiveComparison()
          .isEqualTo(expected);
    }
  }

  private static void assertRefused(SimpleVersionedSerializer<?> serializer, String what) {
    assertThatThrownBy(() -> serializer.deserialize(99, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "Cannot read the %s of version 99: this version of Meru knows 1 to %d. Restore the job"
                + " with the version that wrote it, or a newer one.",
            what, serializer.getVersion());
  }
}
