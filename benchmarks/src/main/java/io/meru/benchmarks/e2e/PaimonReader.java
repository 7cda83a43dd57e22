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

package io.meru.benchmarks.e2e;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.paimon.data.InternalRow;
import org.apache.paimon.reader.RecordReader;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.source.ReadBuilder;
import org.apache.paimon.types.DataTypeRoot;

/** Reads through Paimon's Java API. */
final class PaimonReader implements TableReader {
  private final FileStoreTable table;
  private final boolean numericKey;

  PaimonReader(Path directory) throws Exception {
    table = PaimonEngine.load(directory);
    numericKey = table.rowType().getTypeAt(Rows.ID).is(DataTypeRoot.BIGINT);
  }

  @Override
  public long scan() throws IOException {
    long[] rows = new long[1];
    forEach(
        row -> {
          materialize(row);
          rows[0]++;
        });
    return rows[0];
  }

  @Override
  public void verify(Verifier verifier) throws IOException {
    forEach(
        row ->
            verifier.row(
                numericKey
                    ? verifier.keyIndex(row.getLong(Rows.ID))
                    : verifier.keyIndex(row.getString(Rows.ID).toBytes()),
                row.getLong(Rows.CUSTOMER),
                row.getTimestamp(Rows.UPDATED_AT, 6).getMillisecond()));
  }

  private void forEach(Consumer<InternalRow> action) throws IOException {
    ReadBuilder read = table.newReadBuilder();
    try (RecordReader<InternalRow> reader = read.newRead().createReader(read.newScan().plan())) {
      reader.forEachRemaining(action);
    }
  }

  /** Rows are views of column batches: asks for the values that Iceberg's reader makes unasked. */
  private void materialize(InternalRow row) {
    Object[] values = {
      numericKey ? row.getLong(Rows.ID) : row.getString(Rows.ID).toString(),
      row.getLong(Rows.CUSTOMER),
      row.getString(Rows.STATUS).toString(),
      row.getDecimal(Rows.AMOUNT, Rows.AMOUNT_PRECISION, Rows.AMOUNT_SCALE).toBigDecimal(),
      row.getTimestamp(Rows.UPDATED_AT, 6).toLocalDateTime(),
      row.getString(Rows.NOTE).toString()
    };
    if (values.length != Rows.NAMES.length) {
      throw new AssertionError("A column was left out");
    }
  }
}
