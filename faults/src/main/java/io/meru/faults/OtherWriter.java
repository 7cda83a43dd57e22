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

package io.meru.faults;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.io.OutputFile;

/** Writes data files as any Iceberg writer does. */
final class OtherWriter {
  private OtherWriter() {}

  /** Writes {@code rows} to a new file, which no snapshot names yet. */
  static DataFile write(Table table, List<Row> rows) throws IOException {
    String name = "others-" + UUID.randomUUID() + ".parquet";
    OutputFile output = table.io().newOutputFile(table.locationProvider().newDataLocation(name));
    DataWriter<Record> writer =
        new GenericFileWriterFactory.Builder(table)
            .dataFileFormat(FileFormat.PARQUET)
            .build()
            .newDataWriter(
                EncryptedFiles.encryptedOutput(output, EncryptionKeyMetadata.EMPTY),
                table.spec(),
                null);
    try (writer) {
      rows.forEach(row -> writer.write(record(table, row)));
    }
    return writer.toDataFile();
  }

  private static Record record(Table table, Row row) {
    GenericRecord record = GenericRecord.create(table.schema());
    record.setField("id", row.id());
    record.setField("n", row.n());
    record.setField("payload", row.payload());
    return record;
  }
}
