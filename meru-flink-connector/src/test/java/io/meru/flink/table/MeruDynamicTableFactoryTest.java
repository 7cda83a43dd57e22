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

package io.meru.flink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsOverwrite;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableUtil;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.source.IcebergTableSource;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans statements against a catalog on the local file system; nothing is written but metadata. */
class MeruDynamicTableFactoryTest {
  private static final ObjectIdentifier NAME =
      ObjectIdentifier.of("default_catalog", "default_database", "flink_name");
  private static final TableIdentifier TABLE = TableIdentifier.of("db", "t");
  private static final String FULL_NAME = "lake.db.t";

  private static final List<Column> COLUMNS =
      List.of(
          Column.physical("id", DataTypes.BIGINT().notNull()),
          Column.physical("name", DataTypes.STRING()),
          Column.physical("day", DataTypes.DATE().notNull()));

  private static final org.apache.iceberg.Schema ICEBERG_SCHEMA =
      new org.apache.iceberg.Schema(
          List.of(
              NestedField.required(1, "id", Types.LongType.get()),
              NestedField.optional(2, "name", Types.StringType.get()),
              NestedField.required(3, "day", Types.DateType.get())),
          Set.of(1));

  @TempDir Path warehouse;
  private HadoopCatalog catalog;

  @BeforeEach
  void openCatalog() {
    catalog = new HadoopCatalog(new org.apache.hadoop.conf.Configuration(), warehouse.toString());
  }

  @AfterEach
  void closeCatalog() throws Exception {
    catalog.close();
  }

  @Test
  void isFoundByItsName() {
    assertThat(
            FactoryUtil.discoverFactory(
                getClass().getClassLoader(), DynamicTableSinkFactory.class, "meru"))
        .isInstanceOf(MeruDynamicTableFactory.class);
  }

  // ---- creation ----

  @Test
  void aMissingTableIsCreatedWithItsDatabase() {
    sink(COLUMNS, List.of("id"), List.of(), Map.of());

    Table table = catalog.loadTable(TABLE);
    assertThat(TableUtil.formatVersion(table)).isEqualTo(3);
    assertThat(table.schema().identifierFieldNames()).containsExactly("id");
    assertThat(table.schema().findField("id").isRequired()).isTrue();
    assertThat(table.schema().findField("name").isOptional()).isTrue();
    assertThat(table.spec().isUnpartitioned()).isTrue();
    assertThat(table.sortOrder()).isEqualTo(SortOrder.builderFor(table.schema()).asc("id").build());
    assertThat(table.properties())
        .containsEntry("write.delete.mode", "merge-on-read")
        .containsEntry("write.update.mode", "merge-on-read")
        .containsEntry("write.merge.mode", "merge-on-read")
        .containsEntry("write.metadata.delete-after-commit.enabled", "true")
        .containsEntry("write.metadata.previous-versions-max", "20");
  }

  @Test
  void aMissingTableIsCreatedForASelectToo() {
    assertThat(source(COLUMNS, List.of("id"), Map.of())).isInstanceOf(IcebergTableSource.class);
    assertThat(catalog.tableExists(TABLE)).isTrue();
  }

  @Test
  void aNewTableIsPartitionedByIdentityAndSortedByTheWholeKeyInColumnOrder() {
    sink(COLUMNS, List.of("day", "id"), List.of("name", "day"), Map.of());

    Table table = catalog.loadTable(TABLE);
    assertThat(table.spec())
        .isEqualTo(
            PartitionSpec.builderFor(table.schema()).identity("name").identity("day").build());
    assertThat(table.schema().identifierFieldNames()).containsExactlyInAnyOrder("id", "day");
    assertThat(table.sortOrder())
        .isEqualTo(SortOrder.builderFor(table.schema()).asc("id").asc("day").build());
  }

  @Test
  void propertiesOfTheDefinitionGoToTheNewTableAndBeforeTheDefaults() {
    Path elsewhere = warehouse.resolve("elsewhere");
    sink(
        COLUMNS,
        List.of("id"),
        List.of(),
        Map.of(
            "write.metadata.previous-versions-max", "7",
            "write.parquet.compression-codec", "snappy",
            "write-parallelism", "3"));

    assertThat(catalog.loadTable(TABLE).properties())
        .containsEntry("write.metadata.previous-versions-max", "7")
        .containsEntry("write.parquet.compression-codec", "snappy")
        .doesNotContainKeys("write-parallelism", "connector", "warehouse", "catalog-name");
    assertThat(elsewhere).doesNotExist();
  }

  @Test
  void theFlinkNameStandsInForDatabaseAndTable() {
    Map<String, String> options = options();
    options.remove("catalog-database");
    options.remove("catalog-table");
    FactoryUtil.createDynamicTableSink(
        null,
        NAME,
        definition(COLUMNS, List.of("id"), List.of(), options),
        Map.of(),
        new Configuration(),
        getClass().getClassLoader(),
        true);

    assertThat(catalog.tableExists(TableIdentifier.of("default_database", "flink_name"))).isTrue();
  }

  @Test
  void aBaseNamespaceGoesBeforeTheDatabase() {
    sink(COLUMNS, List.of("id"), List.of(), Map.of("base-namespace", "a.b"));

    assertThat(catalog.tableExists(TableIdentifier.of(Namespace.of("a", "b", "db"), "t"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2", "4"})
  void anotherFormatVersionIsRefused(String version) {
    assertThatThrownBy(
            () -> sink(COLUMNS, List.of("id"), List.of(), Map.of("format-version", version)))
        .hasRootCauseMessage(
            "Cannot create table lake.db.t with 'format-version'='%s': Meru writes deletion vectors, which are a part of format version 3. Remove the option."
                .formatted(version));
    assertThat(catalog.tableExists(TABLE)).isFalse();
  }

  @Test
  void aFloatingPointKeyIsRefused() {
    List<Column> columns = List.of(Column.physical("x", DataTypes.DOUBLE().notNull()));

    assertThatThrownBy(() -> sink(columns, List.of("x"), List.of(), Map.of()))
        .hasRootCauseMessage(
            "Cannot create table lake.db.t: PRIMARY KEY column 'x' is of type double, which Iceberg does not allow in a key. Use another column, or a DECIMAL or STRING form of it.");
  }

  @Test
  void aSelectOfAMissingTableWithoutKeyIsRefused() {
    assertThatThrownBy(() -> source(COLUMNS, List.of(), Map.of()))
        .hasRootCauseMessage(
            "Cannot create table lake.db.t: its definition has no PRIMARY KEY. Declare one: PRIMARY KEY (...) NOT ENFORCED.");
  }

  // ---- the existing table ----

  @Test
  void anExistingTableThatFitsIsTaken() {
    createTable(ICEBERG_SCHEMA, "3");

    assertThatCode(() -> sink(COLUMNS, List.of("id"), List.of(), Map.of()))
        .doesNotThrowAnyException();
  }

  @Test
  void anExistingTableIsReadWithoutAKey() {
    createTable(new org.apache.iceberg.Schema(ICEBERG_SCHEMA.columns()), "2");

    assertThatCode(() -> source(COLUMNS, List.of(), Map.of())).doesNotThrowAnyException();
  }

  @Test
  void columnsMayStandInAnotherOrderAndBeNarrower() {
    createTable(ICEBERG_SCHEMA, "3");
    List<Column> columns =
        List.of(
            Column.physical("day", DataTypes.DATE()),
            Column.physical("name", DataTypes.VARCHAR(10)),
            Column.physical("id", DataTypes.INT().notNull()));

    assertThatCode(() -> sink(columns, List.of("id"), List.of(), Map.of()))
        .doesNotThrowAnyException();
  }

  @Test
  void aDefinitionWithoutPrimaryKeyIsRefused() {
    assertThatThrownBy(() -> sink(COLUMNS, List.of(), List.of(), Map.of()))
        .hasRootCauseMessage(
            "Cannot write to table default_catalog.default_database.flink_name with connector 'meru': its definition has no PRIMARY KEY, by which rows are replaced and deleted. Declare one: PRIMARY KEY (...) NOT ENFORCED.");
    assertThat(catalog.tableExists(TABLE)).isFalse();
  }

  @Test
  void aTableWithoutIdentifierFieldsIsRefused() {
    createTable(new org.apache.iceberg.Schema(ICEBERG_SCHEMA.columns()), "3");

    assertThatThrownBy(() -> sink(COLUMNS, List.of("id"), List.of(), Map.of()))
        .rootCause()
        .hasMessageContaining("t")
        .hasMessageContaining("SET IDENTIFIER FIELDS");
  }

  @Test
  void anotherPrimaryKeyIsRefused() {
    createTable(ICEBERG_SCHEMA, "3");

    assertThatThrownBy(() -> sink(COLUMNS, List.of("id", "day"), List.of(), Map.of()))
        .hasRootCauseMessage(
            "Cannot write to table lake.db.t: PRIMARY KEY (day, id) is declared, and the table's key (its identifier fields) is (id). Declare PRIMARY KEY (id) NOT ENFORCED.");
  }

  @Test
  void anOlderFormatVersionIsRefusedWithTheUpgrade() {
    createTable(ICEBERG_SCHEMA, "2");

    assertThatThrownBy(() -> sink(COLUMNS, List.of("id"), List.of(), Map.of()))
        .rootCause()
        .hasMessageContaining("format version 2")
        .hasMessageContaining("SET TBLPROPERTIES ('format-version'='3')");
  }

  @Test
  void aColumnOfAnotherTypeIsRefusedWithBothTypes() {
    createTable(ICEBERG_SCHEMA, "3");
    List<Column> columns =
        List.of(COLUMNS.get(0), Column.physical("name", DataTypes.INT()), COLUMNS.get(2));

    assertThatThrownBy(() -> sink(columns, List.of("id"), List.of(), Map.of()))
        .rootCause()
        .hasMessageContaining("column 'name'")
        .hasMessageContaining("string")
        .hasMessageContaining("INT");
  }

  @Test
  void aColumnThatTheTableLacksIsRefused() {
    createTable(ICEBERG_SCHEMA, "3");
    List<Column> columns =
        List.of(
            COLUMNS.get(0),
            COLUMNS.get(1),
            COLUMNS.get(2),
            Column.physical("extra", DataTypes.INT()));

    assertThatThrownBy(() -> sink(columns, List.of("id"), List.of(), Map.of()))
        .rootCause()
        .hasMessageContaining("lake.db.t")
        .hasMessageContaining("'extra'");
  }

  @Test
  void columnsThatAreNotDeclaredAreRefused() {
    createTable(ICEBERG_SCHEMA, "3");

    assertThatThrownBy(
            () -> sink(List.of(COLUMNS.get(0), COLUMNS.get(2)), List.of("id"), List.of(), Map.of()))
        .hasRootCauseMessage(
            "Cannot write to table lake.db.t: it has columns that are not declared, and an upsert, which replaces whole rows, would set them to NULL. Declare them too: name STRING.");
  }

  @Test
  void equalityDeletesAreRefusedWithTheWayOut() {
    Table table = createTable(ICEBERG_SCHEMA, "3");
    table
        .newRowDelta()
        .addDeletes(
            FileMetadata.deleteFileBuilder(table.spec())
                .ofEqualityDeletes(1)
                .withPath(table.location() + "/data/delete.parquet")
                .withFileSizeInBytes(100)
                .withRecordCount(1)
                .build())
        .commit();

    assertThatThrownBy(() -> sink(COLUMNS, List.of("id"), List.of(), Map.of()))
        .rootCause()
        .hasMessageContaining("equality delete")
        .hasMessageContaining("rewrite_data_files");
  }

  // ---- options ----

  @Test
  void anUnknownOptionIsRefusedBeforeAnythingIsCreated() {
    assertThatThrownBy(
            () -> sink(COLUMNS, List.of("id"), List.of(), Map.of("write-paralelism", "2")))
        .hasRootCauseMessage(
            "Unknown option 'write-paralelism' for connector 'meru'. Did you mean 'write-parallelism'? A property that only the catalog knows is written 'catalog-property.write-paralelism'.");
    assertThat(catalog.tableExists(TABLE)).isFalse();
  }

  @Test
  void anUnknownOptionIsRefusedForASelectToo() {
    createTable(ICEBERG_SCHEMA, "3");

    assertThatThrownBy(() -> source(COLUMNS, List.of("id"), Map.of("snapshotid", "2")))
        .rootCause()
        .hasMessageStartingWith("Unknown option 'snapshotid'");
  }

  @Test
  void anOptionOfIcebergsSinkThatWouldMeanSomethingElseIsRefused() {
    assertThatThrownBy(() -> sink(COLUMNS, List.of("id"), List.of(), Map.of("branch", "audit")))
        .hasRootCauseMessage(
            "Option 'branch'='audit' cannot be kept with connector 'meru': Meru writes to the main branch only. Remove the option, or stay with 'connector'='iceberg' for another branch.");
  }

  @Test
  void aBranchIsReadAsWithIcebergsConnector() {
    createTable(ICEBERG_SCHEMA, "3");

    assertThatCode(() -> source(COLUMNS, List.of("id"), Map.of("branch", "audit")))
        .doesNotThrowAnyException();
  }

  @Test
  void twoNamesOfOneOptionMustAgree() {
    assertThatThrownBy(
            () ->
                sink(
                    COLUMNS,
                    List.of("id"),
                    List.of(),
                    Map.of("write-parallelism", "2", "sink.parallelism", "3")))
        .hasRootCauseMessage(
            "Options 'write-parallelism'='2' and 'sink.parallelism'='3' mean the same. Keep one.");
  }

  @Test
  void aMissingCatalogNameIsRefused() {
    Map<String, String> options = options();
    options.remove("catalog-name");

    assertThatThrownBy(() -> sinkWithExactly(options))
        .hasRootCauseMessage(
            "Table default_catalog.default_database.flink_name with connector 'meru' names no Iceberg catalog. Set 'catalog-name'.");
  }

  @Test
  void anUnknownCatalogTypeIsRefused() {
    Map<String, String> options = options();
    options.put("catalog-type", "nosuch");

    assertThatThrownBy(() -> sinkWithExactly(options))
        .hasRootCauseMessage(
            "Unknown 'catalog-type'='nosuch': it must be hive, hadoop or rest. For another catalog, set 'catalog-impl' to its class.");
  }

  @Test
  void aCatalogTypeAndAClassExcludeEachOther() {
    Map<String, String> options = options();
    options.put("catalog-impl", HadoopCatalog.class.getName());

    assertThatThrownBy(() -> sinkWithExactly(options))
        .hasRootCauseMessage(
            "Both 'catalog-type'='hadoop' and 'catalog-impl'='org.apache.iceberg.hadoop.HadoopCatalog' are set. Keep one.");
  }

  @Test
  void aCatalogClassIsTaken() {
    Map<String, String> options = options();
    options.remove("catalog-type");
    options.put("catalog-impl", HadoopCatalog.class.getName());
    sinkWithExactly(options);

    assertThat(catalog.tableExists(TABLE)).isTrue();
  }

  @Test
  void aHiveConfigurationFolderWithoutItsFileIsRefused() {
    Map<String, String> options = options();
    options.put("catalog-type", "hive");
    options.put("hive-conf-dir", warehouse.toString());

    assertThatThrownBy(() -> sinkWithExactly(options))
        .hasRootCauseMessage(
            "Option 'hive-conf-dir'='%s': there is no hive-site.xml in this folder."
                .formatted(warehouse));
  }

  // ---- the sink ----

  @Test
  void takesUpsertsAndDeletesWithTheKeyOnly() {
    DynamicTableSink sink = sink(COLUMNS, List.of("id"), List.of(), Map.of());

    ChangelogMode mode = sink.getChangelogMode(ChangelogMode.all());
    assertThat(mode).isEqualTo(ChangelogMode.upsert(true));
    assertThat(mode.keyOnlyDeletes()).isTrue();
    assertThat(sink.copy().asSummaryString()).isEqualTo("Meru table " + FULL_NAME);
  }

  @Test
  void overwritingIsRefused() {
    DynamicTableSink sink = sink(COLUMNS, List.of("id"), List.of(), Map.of());

    assertThatThrownBy(() -> ((SupportsOverwrite) sink).applyOverwrite(true))
        .hasMessage(
            "INSERT OVERWRITE is not supported by connector 'meru' (table lake.db.t): it replaces rows by key. Use INSERT INTO; rows that have to go are deleted with DELETE FROM in another engine, such as Spark.");
  }

  // ---- helpers ----

  private Map<String, String> options() {
    Map<String, String> options = new HashMap<>();
    options.put("connector", "meru");
    options.put("catalog-name", "lake");
    options.put("catalog-type", "hadoop");
    options.put("catalog-database", "db");
    options.put("catalog-table", "t");
    options.put("warehouse", warehouse.toString());
    return options;
  }

  private Table createTable(org.apache.iceberg.Schema schema, String formatVersion) {
    return catalog
        .buildTable(TABLE, schema)
        .withProperties(Map.of("format-version", formatVersion))
        .create();
  }

  private DynamicTableSink sink(
      List<Column> columns, List<String> key, List<String> partitions, Map<String, String> more) {
    Map<String, String> options = options();
    options.putAll(more);
    return createSink(definition(columns, key, partitions, options));
  }

  private DynamicTableSink sinkWithExactly(Map<String, String> options) {
    return createSink(definition(COLUMNS, List.of("id"), List.of(), options));
  }

  private DynamicTableSink createSink(ResolvedCatalogTable definition) {
    return FactoryUtil.createDynamicTableSink(
        null, NAME, definition, Map.of(), new Configuration(), getClass().getClassLoader(), true);
  }

  private DynamicTableSource source(
      List<Column> columns, List<String> key, Map<String, String> more) {
    Map<String, String> options = options();
    options.putAll(more);
    return FactoryUtil.createDynamicTableSource(
        null,
        NAME,
        definition(columns, key, List.of(), options),
        Map.of(),
        new Configuration(),
        getClass().getClassLoader(),
        true);
  }

  private static ResolvedCatalogTable definition(
      List<Column> columns,
      List<String> key,
      List<String> partitions,
      Map<String, String> options) {
    UniqueConstraint constraint = key.isEmpty() ? null : UniqueConstraint.primaryKey("pk", key);
    ResolvedSchema schema = new ResolvedSchema(columns, List.of(), constraint, List.of());
    return new ResolvedCatalogTable(
        CatalogTable.newBuilder()
            .schema(Schema.newBuilder().fromResolvedSchema(schema).build())
            .partitionKeys(partitions)
            .options(options)
            .build(),
        schema);
  }
}
