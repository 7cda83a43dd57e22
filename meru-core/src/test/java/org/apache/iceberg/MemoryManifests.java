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

package org.apache.iceberg;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.iceberg.avro.Avro;
import org.apache.iceberg.avro.InternalReader;
import org.apache.iceberg.avro.InternalWriter;
import org.apache.iceberg.common.DynConstructors;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * Manifests and manifest lists as rows in memory, for files that can hold rows: most of the time of
 * a commit without I/O goes into Avro's schemas. All other files stay as they are.
 *
 * <p>It stands in this package because Iceberg lets nobody else say how its metadata is written.
 */
public final class MemoryManifests {
  /**
   * Rows and their schema.
   *
   * @param rows the values of each row; a struct's are an array of their own
   */
  public record Rows(Schema schema, List<Object[]> rows) {}

  /** A file that takes rows in place of bytes. */
  public interface RowsOutput extends OutputFile {
    /** Puts the file there. */
    void write(Rows rows);
  }

  /** A file that holds rows. */
  public interface RowsInput extends InputFile {
    /** What was written. */
    Rows read();
  }

  private MemoryManifests() {}

  /** Has every manifest that goes to such a file kept as rows. */
  public static void register() {
    InternalData.register(FileFormat.AVRO, MemoryManifests::write, MemoryManifests::read);
  }

  private static InternalData.WriteBuilder write(OutputFile file) {
    return file instanceof RowsOutput rows
        ? new WriteBuilder(rows)
        : Avro.write(file).createWriterFunc(InternalWriter::create);
  }

  private static InternalData.ReadBuilder read(InputFile file) {
    return file instanceof RowsInput rows
        ? new ReadBuilder(rows)
        : Avro.read(file).createResolvingReader(InternalReader::create);
  }

  private static final class WriteBuilder implements InternalData.WriteBuilder {
    private final RowsOutput file;
    private Schema schema;

    WriteBuilder(RowsOutput file) {
      this.file = file;
    }

    @Override
    public InternalData.WriteBuilder schema(Schema newSchema) {
      schema = newSchema;
      return this;
    }

    @Override
    public InternalData.WriteBuilder named(String name) {
      return this;
    }

    @Override
    public InternalData.WriteBuilder set(String property, String value) {
      return this;
    }

    @Override
    public InternalData.WriteBuilder meta(String property, String value) {
      return this;
    }

    @Override
    public InternalData.WriteBuilder overwrite() {
      return this;
    }

    @Override
    public <D> FileAppender<D> build() {
      return new Appender<>(file, schema);
    }
  }

  private static final class Appender<D> implements FileAppender<D> {
    private static final long BYTES_PER_ROW = 100;

    private final RowsOutput file;
    private final Schema schema;
    private final List<Object[]> rows = new ArrayList<>();

    Appender(RowsOutput file, Schema schema) {
      this.file = file;
      this.schema = schema;
    }

    @Override
    public void add(D row) {
      rows.add(values(schema.asStruct(), (StructLike) row));
    }

    @Override
    public Metrics metrics() {
      return new Metrics((long) rows.size());
    }

    @Override
    public long length() {
      return BYTES_PER_ROW * (1 + rows.size());
    }

    @Override
    public void close() {
      file.write(new Rows(schema, rows));
    }
  }

  private static final class ReadBuilder implements InternalData.ReadBuilder {
    private static final int ROOT = -1;

    private final RowsInput file;
    private final Map<Integer, Class<? extends StructLike>> classes = new HashMap<>();
    private Schema projection;

    ReadBuilder(RowsInput file) {
      this.file = file;
    }

    @Override
    public InternalData.ReadBuilder project(Schema newProjection) {
      projection = newProjection;
      return this;
    }

    @Override
    public InternalData.ReadBuilder split(long start, long length) {
      return this;
    }

    @Override
    public InternalData.ReadBuilder reuseContainers() {
      return this;
    }

    @Override
    public InternalData.ReadBuilder setRootType(Class<? extends StructLike> type) {
      classes.put(ROOT, type);
      return this;
    }

    @Override
    public InternalData.ReadBuilder setCustomType(int fieldId, Class<? extends StructLike> type) {
      classes.put(fieldId, type);
      return this;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <D> CloseableIterable<D> build() {
      Rows rows = file.read();
      List<D> read = new ArrayList<>();
      for (Object[] row : rows.rows()) {
        read.add(
            (D) struct(ROOT, projection.asStruct(), rows.schema().asStruct(), row, read.size()));
      }
      return CloseableIterable.withNoopClose(read);
    }

    private StructLike struct(
        int fieldId,
        Types.StructType type,
        Types.StructType stored,
        Object[] values,
        long position) {
      StructLike struct = newStruct(fieldId, type);
      for (int i = 0; i < type.fields().size(); i++) {
        Types.NestedField field = type.fields().get(i);
        if (field.fieldId() == MetadataColumns.ROW_POSITION.fieldId()) {
          struct.set(i, position);
        } else {
          int at = indexOf(stored, field.fieldId());
          struct.set(
              i,
              at < 0
                  ? null
                  : value(
                      field.fieldId(), field.type(), stored.fields().get(at).type(), values[at]));
        }
      }
      return struct;
    }

    private @Nullable Object value(int fieldId, Type type, Type stored, @Nullable Object value) {
      if (value == null) {
        return null;
      }
      return switch (type.typeId()) {
        case STRUCT ->
            struct(fieldId, type.asStructType(), stored.asStructType(), (Object[]) value, 0);
        case LIST -> {
          List<@Nullable Object> list = new ArrayList<>();
          Types.ListType listType = type.asListType();
          for (Object element : (List<?>) value) {
            list.add(
                value(
                    listType.elementId(),
                    listType.elementType(),
                    stored.asListType().elementType(),
                    element));
          }
          yield list;
        }
        case MAP -> {
          Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
          ((Map<?, ?>) value)
              .forEach(
                  (key, each) -> map.put(key, each instanceof ByteBuffer b ? b.duplicate() : each));
          yield map;
        }
        case BINARY, FIXED -> ((ByteBuffer) value).duplicate();
        case LONG -> ((Number) value).longValue();
        default -> value;
      };
    }

    private StructLike newStruct(int fieldId, Types.StructType type) {
      Class<? extends StructLike> structClass = classes.get(fieldId);
      return structClass == null ? GenericRecord.create(type) : EmptyStructs.of(structClass, type);
    }

    private static int indexOf(Types.StructType type, int fieldId) {
      List<Types.NestedField> fields = type.fields();
      for (int i = 0; i < fields.size(); i++) {
        if (fields.get(i).fieldId() == fieldId) {
          return i;
        }
      }
      return -1;
    }
  }

  /** Structs to be filled. Making one converts its type to Avro's, so that copies cost less. */
  private static final class EmptyStructs {
    private record Name(Class<? extends StructLike> structClass, Types.StructType type) {}

    private static final Map<Name, StructLike> EMPTY = new ConcurrentHashMap<>();

    static StructLike of(Class<? extends StructLike> structClass, Types.StructType type) {
      return copy(EMPTY.computeIfAbsent(new Name(structClass, type), EmptyStructs::make));
    }

    private static StructLike make(Name name) {
      StructLike empty =
          DynConstructors.builder(StructLike.class)
              .hiddenImpl(name.structClass, Types.StructType.class)
              .hiddenImpl(name.structClass)
              .<StructLike>build()
              .newInstance(name.type);
      if (empty instanceof ManifestFile) {
        // or else it cannot be copied
        empty.set(ReadBuilder.indexOf(name.type, ManifestFile.LENGTH.fieldId()), 0L);
      }
      return empty;
    }

    private static StructLike copy(StructLike empty) {
      if (empty instanceof GenericManifestEntry<?> entry) {
        return new GenericManifestEntry<>(entry.getSchema());
      }
      if (empty instanceof ContentFile<?> file) {
        return (StructLike) file.copy();
      }
      if (empty instanceof ManifestFile manifest) {
        return (StructLike) manifest.copy();
      }
      if (empty instanceof PartitionData partition) {
        return partition.copy();
      }
      return (StructLike) ((ManifestFile.PartitionFieldSummary) empty).copy();
    }
  }

  /** The values of a struct, copied: the writers of manifests use one object for all rows. */
  private static Object[] values(Types.StructType type, StructLike struct) {
    Object[] values = new Object[type.fields().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = copy(type.fields().get(i).type(), struct.get(i, Object.class));
    }
    return values;
  }

  private static @Nullable Object copy(Type type, @Nullable Object value) {
    if (value == null) {
      return null;
    }
    return switch (type.typeId()) {
      case STRUCT -> values(type.asStructType(), (StructLike) value);
      case LIST ->
          ((List<?>) value)
              .stream().map(element -> copy(type.asListType().elementType(), element)).toList();
      case MAP -> new LinkedHashMap<>((Map<?, ?>) value);
      case STRING -> value.toString();
      default -> value;
    };
  }
}
