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

package io.meru.commit;

import io.meru.error.CorruptFileException;
import io.meru.key.KeyList;
import io.meru.version.AddedFile;
import io.meru.version.Compaction;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.VersionEdit;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of committables and of single edits in checkpoint state. Every version ever written
 * stays readable; the version number itself stands outside the bytes. Equal values give equal
 * bytes. Version 2, all numbers big-endian:
 *
 * <pre>
 *   committable  string sink id, string run id, long checkpoint id, long watermark,
 *                int n, n edits
 *   edit         long, long (UUID), long base snapshot id,
 *                int n, n added files,
 *                int n, n times (string path, bytes Roaring bitmap), ascending by path,
 *                bytes key list of pure deletes,
 *                int n, n compactions (not in version 1)
 *   compaction   int n, n strings of paths replaced, long their fingerprint,
 *                int n, n times (string path, bytes Roaring bitmap) moved, ascending by path,
 *                int n, n added files, the outputs,
 *                int n, n times (string path, bytes Roaring bitmap) deleted, ascending by path
 *   added file   string path, long size, long rows, int spec id,
 *                int n, n partition values (bytes, length -1 for NULL),
 *                long min prefix, long max prefix,
 *                long metrics rows, then six maps: column sizes, value counts, null counts,
 *                NaN counts (int n or -1 for none, n times int field, long), lower bounds,
 *                upper bounds (int n or -1, n times int field, bytes), ascending by field,
 *                int n, n longs of split offsets, int sort order id
 *   string       bytes of UTF-8
 *   bytes        int length, then as many bytes
 * </pre>
 *
 * What a level file's name says is read from its path.
 */
public final class CommittableCodec {
  /** The version that is written now. */
  public static final int VERSION = 2;

  private static final int WITHOUT_COMPACTIONS = 1;

  private static final int ABSENT = -1;

  private CommittableCodec() {}

  /** Bytes of {@code committable} in version {@link #VERSION}. */
  public static byte[] encode(Committable committable) {
    return write(out -> writeCommittable(out, committable));
  }

  /**
   * Reads bytes of {@code version}.
   *
   * @throws CorruptFileException if the bytes are not a committable of that version
   */
  public static Committable decode(int version, byte[] bytes) {
    return read("committable", version, bytes, CommittableCodec::readCommittable);
  }

  /** Bytes of one edit. */
  public static byte[] encodeEdit(VersionEdit edit) {
    return write(out -> writeEdit(out, edit));
  }

  /**
   * Reads one edit.
   *
   * @throws CorruptFileException if the bytes are not an edit of that version
   */
  public static VersionEdit decodeEdit(int version, byte[] bytes) {
    return read("version edit", version, bytes, CommittableCodec::readEdit);
  }

  private static void writeCommittable(DataOutputStream out, Committable committable)
      throws IOException {
    writeString(out, committable.sinkId());
    writeString(out, committable.runId());
    out.writeLong(committable.checkpointId());
    out.writeLong(committable.watermark());
    out.writeInt(committable.edits().size());
    for (VersionEdit edit : committable.edits()) {
      writeEdit(out, edit);
    }
  }

  private static Committable readCommittable(Input in) {
    String sinkId = in.string();
    String runId = in.string();
    long checkpointId = in.longs();
    long watermark = in.longs();
    return new Committable(
        sinkId, runId, checkpointId, watermark, in.list(CommittableCodec::readEdit));
  }

  private static void writeEdit(DataOutputStream out, VersionEdit edit) throws IOException {
    out.writeLong(edit.id().getMostSignificantBits());
    out.writeLong(edit.id().getLeastSignificantBits());
    out.writeLong(edit.baseSnapshotId());
    out.writeInt(edit.added().size());
    for (AddedFile file : edit.added()) {
      writeAddedFile(out, file);
    }
    writeVectors(out, edit.deletions());
    writeBytes(out, ByteBuffer.wrap(edit.pureDeletes().serialize()));
    out.writeInt(edit.compactions().size());
    for (Compaction compaction : edit.compactions()) {
      writeCompaction(out, compaction);
    }
  }

  private static VersionEdit readEdit(Input in) {
    UUID id = new UUID(in.longs(), in.longs());
    long baseSnapshotId = in.longs();
    List<AddedFile> added = in.list(CommittableCodec::readAddedFile);
    Map<String, DeletionVector> deletions = readVectors(in);
    KeyList pureDeletes = KeyList.deserialize(in.bytes());
    List<Compaction> compactions =
        in.version() == WITHOUT_COMPACTIONS ? List.of() : in.list(CommittableCodec::readCompaction);
    return new VersionEdit(id, baseSnapshotId, added, deletions, pureDeletes, compactions);
  }

  private static void writeCompaction(DataOutputStream out, Compaction compaction)
      throws IOException {
    out.writeInt(compaction.replaced().size());
    for (String path : compaction.replaced()) {
      writeString(out, path);
    }
    out.writeLong(compaction.replacedFingerprint());
    writeVectors(out, compaction.moved());
    out.writeInt(compaction.outputs().size());
    for (AddedFile file : compaction.outputs()) {
      writeAddedFile(out, file);
    }
    writeVectors(out, compaction.deleted());
  }

  private static Compaction readCompaction(Input in) {
    return new Compaction(
        in.list(Input::string),
        in.longs(),
        readVectors(in),
        in.list(CommittableCodec::readAddedFile),
        readVectors(in));
  }

  private static void writeVectors(DataOutputStream out, Map<String, DeletionVector> vectors)
      throws IOException {
    out.writeInt(vectors.size());
    for (Map.Entry<String, DeletionVector> entry : new TreeMap<>(vectors).entrySet()) {
      writeString(out, entry.getKey());
      writeBytes(out, ByteBuffer.wrap(entry.getValue().serialize()));
    }
  }

  private static Map<String, DeletionVector> readVectors(Input in) {
    Map<String, DeletionVector> vectors = new LinkedHashMap<>();
    for (int left = in.count(); left > 0; left--) {
      vectors.put(in.string(), DeletionVector.deserialize(in.bytes()));
    }
    return Collections.unmodifiableMap(vectors);
  }

  private static void writeAddedFile(DataOutputStream out, AddedFile added) throws IOException {
    TableFile file = added.file();
    writeString(out, file.path());
    out.writeLong(file.fileSizeBytes());
    out.writeLong(file.recordCount());
    out.writeInt(file.partition().specId());
    out.writeInt(file.partition().values().size());
    for (@Nullable ByteBuffer value : file.partition().values()) {
      writeNullableBytes(out, value);
    }
    out.writeLong(file.minPrefix());
    out.writeLong(file.maxPrefix());
    writeMetrics(out, added.metrics());
    out.writeInt(added.splitOffsets().size());
    for (long offset : added.splitOffsets()) {
      out.writeLong(offset);
    }
    out.writeInt(added.sortOrderId());
  }

  private static AddedFile readAddedFile(Input in) {
    String path = in.string();
    long fileSizeBytes = in.longs();
    long recordCount = in.longs();
    int specId = in.ints();
    List<@Nullable ByteBuffer> values = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      values.add(in.nullableBytes());
    }
    TableFile file =
        new TableFile(
            path,
            fileSizeBytes,
            recordCount,
            new PartitionTuple(specId, Collections.unmodifiableList(values)),
            LevelFileName.parse(path).orElse(null),
            in.longs(),
            in.longs());
    Metrics metrics = readMetrics(in);
    List<Long> splitOffsets = in.list(Input::longs);
    return new AddedFile(file, metrics, splitOffsets, in.ints());
  }

  private static void writeMetrics(DataOutputStream out, Metrics metrics) throws IOException {
    out.writeLong(metrics.recordCount());
    writeMap(out, metrics.columnSizes(), DataOutputStream::writeLong);
    writeMap(out, metrics.valueCounts(), DataOutputStream::writeLong);
    writeMap(out, metrics.nullValueCounts(), DataOutputStream::writeLong);
    writeMap(out, metrics.nanValueCounts(), DataOutputStream::writeLong);
    writeMap(out, metrics.lowerBounds(), CommittableCodec::writeBytes);
    writeMap(out, metrics.upperBounds(), CommittableCodec::writeBytes);
  }

  private static Metrics readMetrics(Input in) {
    return new Metrics(
        in.longs(),
        in.map(Input::longs),
        in.map(Input::longs),
        in.map(Input::longs),
        in.map(Input::longs),
        in.map(Input::buffer),
        in.map(Input::buffer));
  }

  private static <V> void writeMap(
      DataOutputStream out, @Nullable Map<Integer, V> map, ValueWriter<V> writer)
      throws IOException {
    if (map == null) {
      out.writeInt(ABSENT);
      return;
    }
    out.writeInt(map.size());
    for (Map.Entry<Integer, V> entry : new TreeMap<>(map).entrySet()) {
      out.writeInt(entry.getKey());
      writer.write(out, entry.getValue());
    }
  }

  private static void writeString(DataOutputStream out, String value) throws IOException {
    writeBytes(out, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
  }

  private static void writeNullableBytes(DataOutputStream out, @Nullable ByteBuffer value)
      throws IOException {
    if (value == null) {
      out.writeInt(ABSENT);
    } else {
      writeBytes(out, value);
    }
  }

  private static void writeBytes(DataOutputStream out, ByteBuffer value) throws IOException {
    byte[] bytes = new byte[value.remaining()];
    value.duplicate().get(bytes);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] write(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      body.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  private static <T> T read(String what, int version, byte[] bytes, Reader<T> reader) {
    if (version < 1 || version > VERSION) {
      throw new CorruptFileException(
          ("Cannot read a %s of version %d: this release knows versions 1 to %d. Restore with the release"
                  + " that wrote the checkpoint, or a later one.")
              .formatted(what, version, VERSION));
    }
    Input in = new Input(version, ByteBuffer.wrap(bytes));
    try {
      T value = reader.read(in);
      in.checkEnd();
      return value;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new CorruptFileException(
          "Cannot read a %s of version %d: its %d bytes are damaged near byte %d"
              .formatted(what, version, bytes.length, in.position()),
          e);
    }
  }

  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private interface ValueWriter<V> {
    void write(DataOutputStream out, V value) throws IOException;
  }

  private interface Reader<T> {
    T read(Input in);
  }

  /** Reads what the write methods wrote; never allocates more than the bytes can fill. */
  private static final class Input {
    private final int version;
    private final ByteBuffer buffer;

    Input(int version, ByteBuffer buffer) {
      this.version = version;
      this.buffer = buffer;
    }

    int version() {
      return version;
    }

    int position() {
      return buffer.position();
    }

    void checkEnd() {
      if (buffer.hasRemaining()) {
        throw new IllegalArgumentException(buffer.remaining() + " bytes are left over");
      }
    }

    int ints() {
      return buffer.getInt();
    }

    long longs() {
      return buffer.getLong();
    }

    /** A number of things, or a length, of which each takes at least a byte. */
    int count() {
      return checked(buffer.getInt());
    }

    byte[] bytes() {
      byte[] bytes = new byte[count()];
      buffer.get(bytes);
      return bytes;
    }

    ByteBuffer buffer() {
      return ByteBuffer.wrap(bytes());
    }

    @Nullable ByteBuffer nullableBytes() {
      int length = buffer.getInt();
      if (length == ABSENT) {
        return null;
      }
      byte[] bytes = new byte[checked(length)];
      buffer.get(bytes);
      return ByteBuffer.wrap(bytes);
    }

    String string() {
      return new String(bytes(), StandardCharsets.UTF_8);
    }

    <T> List<T> list(Reader<T> reader) {
      List<T> list = new ArrayList<>();
      for (int left = count(); left > 0; left--) {
        list.add(reader.read(this));
      }
      return Collections.unmodifiableList(list);
    }

    <V> @Nullable Map<Integer, V> map(Reader<V> reader) {
      int size = buffer.getInt();
      if (size == ABSENT) {
        return null;
      }
      Map<Integer, V> map = new HashMap<>();
      for (int left = checked(size); left > 0; left--) {
        map.put(buffer.getInt(), reader.read(this));
      }
      return map;
    }

    private int checked(int count) {
      if (count < 0 || count > buffer.remaining()) {
        throw new IllegalArgumentException(
            "Count %d does not fit into the %d bytes left".formatted(count, buffer.remaining()));
      }
      return count;
    }
  }
}
