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
import io.meru.commit.CommittableCodec;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** The core's bytes of a committable, under the core's version number. */
final class MeruCommittableSerializer implements SimpleVersionedSerializer<Committable> {
  @Override
  public int getVersion() {
    return CommittableCodec.VERSION;
  }

  @Override
  public byte[] serialize(Committable committable) {
    return CommittableCodec.encode(committable);
  }

  @Override
  public Committable deserialize(int version, byte[] bytes) throws IOException {
    Versions.check("committable", version, CommittableCodec.VERSION);
    return CommittableCodec.decode(version, bytes);
  }
}
