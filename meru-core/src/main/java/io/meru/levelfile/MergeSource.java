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

import io.meru.error.CorruptFileException;
import java.io.Closeable;
import java.util.List;
import org.apache.iceberg.MetadataColumns;
import org.apache.parquet.column.ColumnDescriptor;
import org.jspecify.annotations.Nullable;

/** One open input of a merge: all columns of a data file, in the table's present schema. */
public final class MergeSource implements Closeable {
  private final FileRanges file;
  private final PageDecompressor decompressor;
  private final ParquetFooter footer;
  private final List<LeafColumn> columns;
  private final List<LeafMapping> mappings;
  private final long firstRowId;
  private final long dataSequenceNumber;
  private final PageWindow window;
  private final PageScratch scratch;
  private final @Nullable LeafSource[] leaves;

  MergeSource(
      FileRanges file,
      PageDecompressor decompressor,
      ParquetFooter footer,
      List<LeafColumn> columns,
      List<LeafMapping> mappings,
      long firstRowId,
      long dataSequenceNumber,
      int windowBytes,
      PageScratch scratch) {
    this.file = file;
    this.decompressor = decompressor;
    this.footer = footer;
    this.columns = columns;
    this.mappings = mappings;
    this.firstRowId = firstRowId;
    this.dataSequenceNumber = dataSequenceNumber;
    this.window = new PageWindow(file, windowBytes);
    this.scratch = scratch;
    this.leaves = new LeafSource[columns.size()];
  }

  /** Bytes read of the file so far. */
  public long bytesRead() {
    return file.bytesRead();
  }

  @Override
  public void close() {
    decompressor.close();
    file.close();
  }

  /** Refuses a file of another number of rows than the table says. */
  void checkRowCount(long recordCount) {
    if (footer.rowCount() != recordCount) {
      throw new CorruptFileException(
          ("Cannot merge %s: it has %d rows, but the table says that it has %d. The file is damaged:"
                  + " restore it, or roll the table back to a snapshot before it was added.")
              .formatted(file.path(), footer.rowCount(), recordCount));
    }
  }

  /** The input's side of the output's leaf column {@code column}. */
  LeafSource leaf(int column) {
    LeafSource leaf = leaves[column];
    if (leaf == null) {
      leaf = newLeaf(column);
      leaves[column] = leaf;
    }
    return leaf;
  }

  private LeafSource newLeaf(int index) {
    LeafColumn column = columns.get(index);
    LeafMapping mapping = mappings.get(index);
    int max = LeafShape.of(column).maxDefinition();
    if (column.sizeId() == MetadataColumns.ROW_ID.fieldId()) {
      return new LineageLeaf(storedLineage(column, mapping), firstRowId, 1, max);
    }
    if (column.sizeId() == MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER.fieldId()) {
      return new LineageLeaf(storedLineage(column, mapping), dataSequenceNumber, 0, max);
    }
    return newLeaf(column, mapping);
  }

  private @Nullable LeafSource storedLineage(LeafColumn column, LeafMapping mapping) {
    return mapping.form() == null ? null : newLeaf(column, mapping);
  }

  private LeafSource newLeaf(LeafColumn column, LeafMapping mapping) {
    ColumnDescriptor stored = mapping.stored();
    ValueForm form = mapping.form();
    if (stored == null || form == null) {
      return new AbsentLeaf(column, mapping, stored == null ? null : pages(stored, 0));
    }
    boolean inPlace = form == ValueForm.BYTES || form == ValueForm.BYTES_TO_LONG;
    ColumnPages pages = pages(stored, inPlace ? Long.BYTES : 0);
    return new StoredLeaf(
        pages,
        new LeafValues(pages, stored),
        form,
        mapping.levels(),
        LeafShape.of(column),
        footer.groupStarts());
  }

  private ColumnPages pages(ColumnDescriptor stored, int slotBytes) {
    return new ColumnPages(
        window,
        decompressor,
        scratch,
        stored,
        "column '%s' of %s".formatted(String.join(".", stored.getPath()), file.path()),
        footer.chunks(stored.getPath()),
        footer.groupStarts(),
        slotBytes);
  }
}
