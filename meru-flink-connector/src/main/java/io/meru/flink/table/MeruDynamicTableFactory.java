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

import io.meru.flink.sink.MeruSinkOptions;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.flink.source.IcebergTableSource;

/**
 * {@code 'connector'='meru'}: a table of an Iceberg catalog, written by Meru's sink and read by
 * Iceberg's Flink source. As with {@code 'connector'='iceberg'}, database and table are created
 * when a statement that uses them is planned and they do not exist.
 */
public final class MeruDynamicTableFactory
    implements DynamicTableSinkFactory, DynamicTableSourceFactory {
  /** The connector's name in SQL. */
  public static final String IDENTIFIER = "meru";

  private static final OptionKeys KEYS = new OptionKeys(MeruSinkOptions.all());

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    Set<ConfigOption<?>> options = new HashSet<>(MeruSinkOptions.all());
    options.add(MeruConnectorOptions.CATALOG_NAME);
    options.add(MeruConnectorOptions.CATALOG_TYPE);
    options.add(MeruConnectorOptions.CATALOG_IMPL);
    options.add(MeruConnectorOptions.CATALOG_DATABASE);
    options.add(MeruConnectorOptions.CATALOG_TABLE);
    options.add(MeruConnectorOptions.WAREHOUSE);
    options.add(MeruConnectorOptions.URI);
    options.add(MeruConnectorOptions.LOCATION);
    return options;
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    Map<String, String> options = context.getCatalogTable().getOptions();
    ResolvedSchema schema = physicalSchema(context);
    if (schema.getPrimaryKey().isEmpty()) {
      throw new ValidationException(
          "Cannot write to table %s with connector 'meru': its definition has no PRIMARY KEY, by which rows are replaced and deleted. Declare one: PRIMARY KEY (...) NOT ENFORCED."
              .formatted(context.getObjectIdentifier().asSummaryString()));
    }
    MovedOptions.check(options);
    TableAddress address = TableAddress.of(options, context.getObjectIdentifier());
    Catalog catalog = address.catalogLoader().loadCatalog();
    try {
      Table table = loadOrCreate(catalog, address, context, schema);
      checkKeys(options, table);
      new TableCheck(address.fullName(), table, schema).check();
    } finally {
      close(catalog);
    }
    return new MeruTableSink(
        address.fullName(), tableLoader(address), schema, SinkOptions.of(options));
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    Map<String, String> options = context.getCatalogTable().getOptions();
    ResolvedSchema schema = physicalSchema(context);
    TableAddress address = TableAddress.of(options, context.getObjectIdentifier());
    Catalog catalog = address.catalogLoader().loadCatalog();
    try {
      checkKeys(options, loadOrCreate(catalog, address, context, schema));
    } finally {
      close(catalog);
    }
    return new IcebergTableSource(
        tableLoader(address), schema, options, context.getConfiguration());
  }

  /** Keys that LIKE copied from the table's own properties are as good as declared. */
  private static void checkKeys(Map<String, String> options, Table table) {
    Set<String> copied =
        options.containsKey(OptionKeys.SOURCE_CATALOG) ? table.properties().keySet() : Set.of();
    KEYS.check(options.keySet(), copied);
  }

  private static Table loadOrCreate(
      Catalog catalog, TableAddress address, Context context, ResolvedSchema schema) {
    if (catalog.tableExists(address.identifier())) {
      return catalog.loadTable(address.identifier());
    }
    ResolvedCatalogTable definition = context.getCatalogTable();
    Map<String, String> options = definition.getOptions();
    KEYS.check(options.keySet(), Set.of());
    return TableCreator.create(
        catalog,
        address,
        schema,
        definition.getPartitionKeys(),
        KEYS.tableProperties(options),
        options.get(MeruConnectorOptions.LOCATION.key()));
  }

  private static TableLoader tableLoader(TableAddress address) {
    return TableLoader.fromCatalog(address.catalogLoader(), address.identifier());
  }

  private static ResolvedSchema physicalSchema(Context context) {
    ResolvedSchema all = context.getCatalogTable().getResolvedSchema();
    List<Column> physical = all.getColumns().stream().filter(Column::isPhysical).toList();
    return all.getPrimaryKey()
        .map(key -> new ResolvedSchema(physical, List.of(), key, List.of()))
        .orElseGet(() -> ResolvedSchema.of(physical));
  }

  private static void close(Catalog catalog) {
    if (catalog instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot close the catalog", e);
      }
    }
  }
}
