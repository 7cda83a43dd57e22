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

import io.meru.commit.CommittableCodec;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Version 1: the sink id as modified UTF-8, the watermark as a big-endian long, the version of the
 * edit's bytes and their number as big-endian ints, the edit's bytes.
 */
final class MeruWriteResultSerializer implements SimpleVersionedSerializer<MeruWriteResult> {
  private static final int VERSION = 1;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(MeruWriteResult result) throws IOException {
    byte[] edit = CommittableCodec.encodeEdit(result.edit());
    DataOutputSerializer out = new DataOutputSerializer(edit.length + 64);
    out.writeUTF(result.sinkId());
    out.writeLong(result.watermark());
    out.writeInt(CommittableCodec.VERSION);
    out.writeInt(edit.length);
    out.write(edit);
    return out.getCopyOfBuffer();
  }

  @Override
  public MeruWriteResult deserialize(int version, byte[] bytes) throws IOException {
    Versions.check("write result", version, VERSION);
    DataInputDeserializer in = new DataInputDeserializer(bytes);
    String sinkId = in.readUTF();
    long watermark = in.readLong();
    int editVersion = in.readInt();
    byte[] edit = new byte[in.readInt()];
    in.readFully(edit);
    return new MeruWriteResult(sinkId, watermark, CommittableCodec.decodeEdit(editVersion, edit));
  }
}
