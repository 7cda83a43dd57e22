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

import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** Version 1: the sink id as modified UTF-8. */
final class MeruWriterStateSerializer implements SimpleVersionedSerializer<MeruWriterState> {
  private static final int VERSION = 1;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(MeruWriterState state) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(32);
    out.writeUTF(state.sinkId());
    return out.getCopyOfBuffer();
  }

  @Override
  public MeruWriterState deserialize(int version, byte[] bytes) throws IOException {
    Versions.check("writer state", version, VERSION);
    return new MeruWriterState(new DataInputDeserializer(bytes).readUTF());
  }
}
