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

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/**
 * Options that say where a {@code 'connector'='meru'} table lies. Names and meaning are those of
 * {@code 'connector'='iceberg'}, so that a table definition moves by changing that one word.
 */
public final class MeruConnectorOptions {
  /** Name of the Iceberg catalog. */
  public static final ConfigOption<String> CATALOG_NAME =
      ConfigOptions.key("catalog-name")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Name of the Iceberg catalog. Required, unless the table is made with LIKE from one"
                  + " in a Flink catalog of type 'iceberg'.");

  /** Kind of the Iceberg catalog. */
  public static final ConfigOption<String> CATALOG_TYPE =
      ConfigOptions.key("catalog-type")
          .stringType()
          .defaultValue("hive")
          .withDescription(
              "Kind of the Iceberg catalog: hive, hadoop or rest. Leave it out when 'catalog-impl'"
                  + " is set. hive needs a Hive metastore client on the class path.");

  /** Class of the Iceberg catalog. */
  public static final ConfigOption<String> CATALOG_IMPL =
      ConfigOptions.key("catalog-impl")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Class of the Iceberg catalog, in place of 'catalog-type', such as"
                  + " org.apache.iceberg.jdbc.JdbcCatalog.");

  /** Database (namespace) in the Iceberg catalog. */
  public static final ConfigOption<String> CATALOG_DATABASE =
      ConfigOptions.key("catalog-database")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Database in the Iceberg catalog; created when it is missing. Default: the database"
                  + " of the Flink table.");

  /** Table in the Iceberg catalog. */
  public static final ConfigOption<String> CATALOG_TABLE =
      ConfigOptions.key("catalog-table")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Table in the Iceberg catalog; created when it is missing. Default: the name of the"
                  + " Flink table.");

  /** Root folder of the catalog's tables. */
  public static final ConfigOption<String> WAREHOUSE =
      ConfigOptions.key("warehouse")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Root folder of the catalog's tables, or the warehouse's name for a REST catalog."
                  + " Required by 'catalog-type'='hadoop'.");

  /** Address of the catalog. */
  public static final ConfigOption<String> URI =
      ConfigOptions.key("uri")
          .stringType()
          .noDefaultValue()
          .withDescription("Address of the catalog's service or database.");

  /** Folder of a new table. */
  public static final ConfigOption<String> LOCATION =
      ConfigOptions.key("location")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Folder of the table, used only when it is created. Default: the catalog's choice.");

  private MeruConnectorOptions() {}
}
