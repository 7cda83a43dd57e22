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

package io.meru.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.io.OutputFile;

/** Reads and writes a table of items as any other program does, through Iceberg's generics. */
final class ItemTable {
  private ItemTable() {}

  /** All rows of a snapshot. */
  static List<Item> read(Table table, long snapshotId) {
    return read(table, snapshotId, Expressions.alwaysTrue());
  }

  /** The newest change in a snapshot of the job's. */
  static long newestChange(Table table, long snapshotId) {
    return read(table, snapshotId, Expressions.equal("tenant", Marker.KEY.tenant())).stream()
        .mapToLong(Item::n)
        .max()
        .orElseThrow();
  }

  private static List<Item> read(Table table, long snapshotId, Expression filter) {
    List<Item> items = new ArrayList<>();
    try (CloseableIterable<Record> records =
        IcebergGenerics.read(table).useSnapshot(snapshotId).where(filter).build()) {
      for (Record record : records) {
        items.add(
            new Item(
                (Integer) record.getField("tenant"),
                (Long) record.getField("id"),
                record.getField("region").toString(),
                (Long) record.getField("n"),
                record.getField("payload").toString()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the scan of snapshot " + snapshotId, e);
    }
    return items;
  }

  /** Commits one more row, whatever rows there are. */
  static void append(Table table, Item item) {
    table.newAppend().appendFile(write(table, List.of(item))).commit();
  }

  /** Writes rows of one partition to a new file, which no snapshot names yet. */
  static DataFile write(Table table, List<Item> items) {
    PartitionKey partition = new PartitionKey(table.spec(), table.schema());
    partition.partition(record(table, items.get(0)));
    String location =
        table
            .locationProvider()
            .newDataLocation(table.spec(), partition, "others-" + UUID.randomUUID() + ".parquet");
    OutputFile output = table.io().newOutputFile(location);
    DataWriter<Record> writer =
        new GenericFileWriterFactory.Builder(table)
            .dataFileFormat(FileFormat.PARQUET)
            .build()
            .newDataWriter(
                EncryptedFiles.encryptedOutput(output, EncryptionKeyMetadata.EMPTY),
                table.spec(),
                partition);
    try (writer) {
      items.forEach(item -> writer.write(record(table, item)));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + location, e);
    }
    return writer.toDataFile();
  }

  private static Record record(Table table, Item item) {
    GenericRecord record = GenericRecord.create(table.schema());
    record.setField("tenant", item.tenant());
    record.setField("id", item.id());
    record.setField("region", item.region());
    record.setField("n", item.n());
    record.setField("payload", item.payload());
    return record;
  }
}
