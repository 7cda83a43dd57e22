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

package io.meru.levelfile;

import static java.util.Objects.requireNonNull;

import io.meru.levelfile.FloatingEncoders.FloatingBounds;
import io.meru.row.RowLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.types.Types;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/**
 * The column {@code _row_id} of a level file, behind the table's columns: the id of the row that a
 * row replaces, NULL for a new row, which then has the id that the commit gives it. Readers find it
 * by its reserved field id, and only when they ask for it.
 *
 * @see <a href="https://iceberg.apache.org/spec/#row-lineage">Iceberg's spec, Row Lineage</a>
 */
final class RowIdColumn {
  private static final int BATCH_ROWS = 512;

  private final MessageType schema;
  private final LeafColumn column;
  private final ValueEncoder encoder = new IntegralEncoders.Longs();
  private final LeafBatch leaves = new LeafBatch();
  private final byte[] slots = new byte[BATCH_ROWS * Long.BYTES];

  // of the row group at hand
  private @Nullable ColumnChunkWriter chunk;
  private @Nullable IntToLongFunction rowIds;

  /** The column of a table with columns of {@code tableSchema}. */
  RowIdColumn(Schema tableSchema) {
    List<Types.NestedField> fields = new ArrayList<>(tableSchema.columns());
    fields.add(MetadataColumns.ROW_ID);
    this.schema = ParquetSchemaUtil.convert(new Schema(fields), "table");
    List<ColumnDescriptor> descriptors = schema.getColumns();
    this.column =
        new LeafColumn(
            descriptors.get(descriptors.size() - 1),
            Types.LongType.get(),
            LeafColumn.NO_METRICS,
            LeafColumn.NO_METRICS,
            MetadataColumns.ROW_ID.name(),
            false,
            true,
            new LeafShredder(List.of()));
  }

  /** The file's schema with the column. */
  MessageType schema() {
    return schema;
  }

  /** Starts a row group; {@code newRowIds} tells the ids by entry, -1 for a new row. */
  void start(ColumnChunkPageWriteStore pages, int pageBytes, IntToLongFunction newRowIds) {
    rowIds = newRowIds;
    chunk =
        new ColumnChunkWriter(
            column,
            pages.getPageWriter(column.descriptor()),
            pageBytes,
            encoder,
            null,
            null,
            new FloatingBounds());
  }

  /** Writes the ids of the entries {@code selection[from]} to {@code selection[to - 1]}. */
  void writePage(int[] selection, int from, int to) throws IOException {
    ColumnChunkWriter writer = requireNonNull(chunk, "a row group was started");
    IntToLongFunction ids = requireNonNull(rowIds);
    for (int next = from; next < to; next += BATCH_ROWS) {
      int end = Math.min(to, next + BATCH_ROWS);
      leaves.reset(end - next, false);
      for (int i = next; i < end; i++) {
        leaves.startRow();
        add(ids.applyAsLong(selection[i]), (i - next) * Long.BYTES);
      }
      leaves.end();
      writer.write(leaves);
    }
    writer.endPage();
  }

  /** Ends the row group's column. */
  void end(ColumnChunkPageWriteStore pages) throws IOException {
    requireNonNull(chunk, "a row group was started")
        .end(pages.getBloomFilterWriter(column.descriptor()));
  }

  /** Lets go of what a file needed. */
  void release() {
    chunk = null;
    rowIds = null;
    leaves.release();
    encoder.reset();
  }

  private void add(long id, int slot) {
    if (id < 0) {
      leaves.addNull(0, 0);
    } else {
      RowLayout.putLong(slots, slot, id);
      leaves.addValue(slots, 0, slot, 0, 1);
    }
  }
}
