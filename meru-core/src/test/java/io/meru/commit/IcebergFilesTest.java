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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IcebergFilesTest {
  private static final List<Type> TYPES =
      List.of(
          Types.BooleanType.get(),
          Types.IntegerType.get(),
          Types.LongType.get(),
          Types.FloatType.get(),
          Types.DoubleType.get(),
          Types.DateType.get(),
          Types.TimeType.get(),
          Types.TimestampType.withZone(),
          Types.TimestampNanoType.withoutZone(),
          Types.StringType.get(),
          Types.UUIDType.get(),
          Types.FixedType.ofLength(3),
          Types.BinaryType.get(),
          Types.DecimalType.of(20, 3));
  private static final List<Object> VALUES =
      List.of(
          true,
          -7,
          -8L,
          1.5f,
          -2.5,
          20_000,
          1_000L,
          1_700_000_000_000_000L,
          1_700_000_000_000_000_123L,
          "große Straße",
          UUID.fromString("f79c3e09-677c-4bbd-a479-3f349cb785e7"),
          ByteBuffer.wrap(new byte[] {1, 0, -1}),
          ByteBuffer.wrap(new byte[] {0, 5}),
          new BigDecimal("-12345678901234567.890"));

  private final Table table = table();
  private final KeySpec keySpec = KeySpec.of("db.t", table.schema());

  @Test
  void partitionsOfEveryTypeComeBackFromTheManifest() {
    List<@Nullable ByteBuffer> values = new ArrayList<>();
    for (int i = 0; i < TYPES.size(); i++) {
      values.add(Conversions.toByteBuffer(TYPES.get(i), VALUES.get(i)));
    }
    assertComesBack(values);
  }

  @Test
  void nullPartitionValuesComeBackFromTheManifest() {
    List<@Nullable ByteBuffer> values = new ArrayList<>();
    TYPES.forEach(type -> values.add(null));
    assertComesBack(values);
  }

  private void assertComesBack(List<@Nullable ByteBuffer> values) {
    AddedFile added = added(new PartitionTuple(table.spec().specId(), values));
    DataFile file = IcebergFiles.toDataFile(table, added);
    table.newAppend().appendFile(file).commit();

    DataFile read = TestTable.tasks(table).get(0).file();
    TableFile back = IcebergFiles.toTableFile(keySpec, read, table.spec());
    assertThat(back.partition()).isEqualTo(added.file().partition());
    assertThat(back)
        .isEqualTo(
            new TableFile(
                added.file().path(),
                added.file().fileSizeBytes(),
                added.file().recordCount(),
                back.partition(),
                added.file().levelName(),
                0,
                -1));
    assertThat(read.splitOffsets()).isEqualTo(added.splitOffsets());
    assertThat(read.sortOrderId()).isEqualTo(added.sortOrderId());
    assertThat(file.valueCounts()).isEqualTo(added.metrics().valueCounts());
  }

  @Test
  void aSpecThatTheTableDoesNotHaveIsRefused() {
    assertThatThrownBy(() -> IcebergFiles.toDataFile(table, added(PartitionTuple.unpartitioned(9))))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("it was written for partition spec 9, which the table no longer has");
  }

  private AddedFile added(PartitionTuple partition) {
    LevelFileName name =
        new LevelFileName(
            0, io.meru.key.HashRange.ALL, keySpec.fingerprint(), "s", "%032x".formatted(1));
    return new AddedFile(
        new TableFile("mem://x/" + name.format(), 1_234, 3, partition, name, 5, 6),
        new Metrics(3L, Map.of(1, 9L), Map.of(1, 3L), Map.of(1, 0L), null, null, null),
        List.of(4L, 100L),
        0);
  }

  private static Table table() {
    List<Types.NestedField> fields = new ArrayList<>();
    fields.add(Types.NestedField.required(1, "id", Types.LongType.get()));
    for (int i = 0; i < TYPES.size(); i++) {
      fields.add(Types.NestedField.optional(i + 2, "p" + i, TYPES.get(i)));
    }
    Schema schema = new Schema(fields, Set.of(1));
    PartitionSpec.Builder spec = PartitionSpec.builderFor(schema);
    for (int i = 0; i < TYPES.size(); i++) {
      spec.identity("p" + i);
    }
    InMemoryCatalog catalog = new InMemoryCatalog();
    catalog.initialize("mem", Map.of("warehouse", "mem://" + UUID.randomUUID()));
    catalog.createNamespace(Namespace.of("db"));
    return catalog.createTable(
        TableIdentifier.of("db", "t"), schema, spec.build(), Map.of("format-version", "3"));
  }
}
