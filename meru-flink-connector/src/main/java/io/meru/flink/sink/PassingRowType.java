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
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Rows as a task sees them that takes them off the network and keeps none: each is read into the
 * memory of the one before it. The bytes are those of {@link InternalTypeInfo}, with which the
 * upstream task writes them.
 *
 * <p>Flink reads each record into new objects, even where object reuse is on, since an operator may
 * keep them. {@link MeruSinkWriter} copies what it needs before it returns.
 */
final class PassingRowType extends TypeInformation<RowData> {
  private static final long serialVersionUID = 1L;

  private final RowType type;

  private PassingRowType(RowType type) {
    this.type = type;
  }

  /** As {@code type}, but passing, where rows are in Flink's internal format; else as it is. */
  @SuppressWarnings("unchecked") // only where T is RowData
  static <T> TypeInformation<T> of(TypeInformation<T> type) {
    return type instanceof InternalTypeInfo<?> internal
            && internal.toSerializer().getClass() == RowDataSerializer.class
        ? (TypeInformation<T>) new PassingRowType(internal.toRowType())
        : type;
  }

  /** The type of the rows. */
  RowType rowType() {
    return type;
  }

  @Override
  public TypeSerializer<RowData> createSerializer(SerializerConfig config) {
    return new Serializer(type);
  }

  @Override
  public boolean isBasicType() {
    return false;
  }

  @Override
  public boolean isTupleType() {
    return false;
  }

  @Override
  public int getArity() {
    return type.getFieldCount();
  }

  @Override
  public int getTotalFields() {
    return type.getFieldCount();
  }

  @Override
  public Class<RowData> getTypeClass() {
    return RowData.class;
  }

  @Override
  public boolean isKeyType() {
    return false;
  }

  @Override
  public boolean canEqual(@Nullable Object other) {
    return other instanceof PassingRowType;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PassingRowType that && type.equals(that.type);
  }

  @Override
  public int hashCode() {
    return type.hashCode();
  }

  @Override
  public String toString() {
    return type.asSummaryString();
  }

  /** Has a row's memory of its own. */
  private static final class Serializer extends RowDataSerializer {
    private static final long serialVersionUID = 1L;

    /** Most rows fit; for one that does not, Flink takes more. */
    private static final int FIRST_BYTES = 1024;

    private final RowType type;

    // there from the start: a first time in the path of every row costs its compiled code
    private final transient BinaryRowData row;

    Serializer(RowType type) {
      super(type);
      this.type = type;
      this.row = new BinaryRowData(type.getFieldCount());
      int bytes = Math.max(FIRST_BYTES, row.getFixedLengthPartSize());
      row.pointTo(MemorySegmentFactory.wrap(new byte[bytes]), 0, bytes);
    }

    @Override
    public RowData deserialize(DataInputView source) throws IOException {
      return deserialize(row, source);
    }

    @Override
    public TypeSerializer<RowData> duplicate() {
      return new Serializer(type);
    }

    private Object readResolve() {
      return new Serializer(type);
    }
  }
}
