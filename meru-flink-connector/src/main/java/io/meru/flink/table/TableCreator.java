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

import static org.apache.iceberg.TableProperties.DELETE_MODE;
import static org.apache.iceberg.TableProperties.FORMAT_VERSION;
import static org.apache.iceberg.TableProperties.MERGE_MODE;
import static org.apache.iceberg.TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED;
import static org.apache.iceberg.TableProperties.METADATA_PREVIOUS_VERSIONS_MAX;
import static org.apache.iceberg.TableProperties.UPDATE_MODE;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.iceberg.NullOrder;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowLevelOperationMode;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the Iceberg table of a Flink table: format version 3, the primary key as identifier
 * fields, sorted by them, partitioned by the {@code PARTITIONED BY} columns.
 */
final class TableCreator {
  private static final Logger LOG = LoggerFactory.getLogger(TableCreator.class);

  /**
   * Properties of a new table, unless its definition says otherwise. Other engines' changes are
   * written as deletion vectors too, and metadata files, of which there is one per checkpoint, do
   * not pile up.
   */
  static final Map<String, String> DEFAULT_PROPERTIES =
      Map.of(
          FORMAT_VERSION,
          "3",
          DELETE_MODE,
          RowLevelOperationMode.MERGE_ON_READ.modeName(),
          UPDATE_MODE,
          RowLevelOperationMode.MERGE_ON_READ.modeName(),
          MERGE_MODE,
          RowLevelOperationMode.MERGE_ON_READ.modeName(),
          METADATA_DELETE_AFTER_COMMIT_ENABLED,
          "true",
          METADATA_PREVIOUS_VERSIONS_MAX,
          "20");

  private TableCreator() {}

  /**
   * Creates the database and the table.
   *
   * @param schema physical columns and primary key
   * @param location the table's folder, or null for the catalog's choice
   * @return the table, which someone else may have created at the same time
   */
  static Table create(
      Catalog catalog,
      TableAddress address,
      ResolvedSchema schema,
      List<String> partitionKeys,
      Map<String, String> tableProperties,
      @Nullable String location) {
    Schema icebergSchema = icebergSchema(address, schema);
    Map<String, String> properties = new HashMap<>(DEFAULT_PROPERTIES);
    properties.putAll(tableProperties);
    checkFormatVersion(address, properties);
    createNamespace(catalog, address.identifier().namespace());
    try {
      Table table =
          catalog
              .buildTable(address.identifier(), icebergSchema)
              .withPartitionSpec(partitionSpec(icebergSchema, partitionKeys))
              .withSortOrder(sortOrder(icebergSchema))
              .withLocation(location)
              .withProperties(properties)
              .create();
      LOG.info("Created table {} at {}", address.fullName(), table.location());
      return table;
    } catch (AlreadyExistsException e) {
      return catalog.loadTable(address.identifier());
    }
  }

  private static Schema icebergSchema(TableAddress address, ResolvedSchema schema) {
    UniqueConstraint key =
        schema
            .getPrimaryKey()
            .orElseThrow(
                () ->
                    new ValidationException(
                        "Cannot create table %s: its definition has no PRIMARY KEY. Declare one: PRIMARY KEY (...) NOT ENFORCED."
                            .formatted(address.fullName())));
    Schema withoutKey = FlinkSchemaUtil.convert(ResolvedSchema.of(schema.getColumns()));
    for (String column : key.getColumns()) {
      checkKeyType(address, column, withoutKey.findType(column));
    }
    return FlinkSchemaUtil.convert(schema);
  }

  private static void checkKeyType(TableAddress address, String column, Type type) {
    boolean floating = type.typeId() == Type.TypeID.FLOAT || type.typeId() == Type.TypeID.DOUBLE;
    if (floating || !type.isPrimitiveType()) {
      throw new ValidationException(
          "Cannot create table %s: PRIMARY KEY column '%s' is of type %s, which Iceberg does not allow in a key. Use another column, or a DECIMAL or STRING form of it."
              .formatted(address.fullName(), column, type));
    }
  }

  private static void checkFormatVersion(TableAddress address, Map<String, String> properties) {
    String version = properties.get(FORMAT_VERSION);
    if (!"3".equals(version)) {
      throw new ValidationException(
          "Cannot create table %s with '%s'='%s': Meru writes deletion vectors, which are a part of format version 3. Remove the option."
              .formatted(address.fullName(), FORMAT_VERSION, version));
    }
  }

  private static void createNamespace(Catalog catalog, Namespace namespace) {
    if (catalog instanceof SupportsNamespaces namespaces
        && !namespaces.namespaceExists(namespace)) {
      try {
        namespaces.createNamespace(namespace);
      } catch (AlreadyExistsException e) {
        LOG.debug("Namespace {} was created by someone else", namespace);
      }
    }
  }

  private static PartitionSpec partitionSpec(Schema schema, List<String> partitionKeys) {
    PartitionSpec.Builder spec = PartitionSpec.builderFor(schema);
    partitionKeys.forEach(spec::identity);
    return spec.build();
  }

  /** Key columns in ascending field id, which is the order of user keys in level files. */
  private static SortOrder sortOrder(Schema schema) {
    SortOrder.Builder order = SortOrder.builderFor(schema);
    for (int fieldId : new TreeSet<>(schema.identifierFieldIds())) {
      Types.NestedField field = schema.findField(fieldId);
      order.asc(field.name(), NullOrder.NULLS_FIRST);
    }
    return order.build();
  }
}
