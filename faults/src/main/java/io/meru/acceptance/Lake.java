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

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;

/**
 * A catalog on a storage.
 *
 * @param options as a user writes them into the definition of a table
 */
record Lake(Pair pair, Map<String, String> options) {
  /** The catalog's name, which for JDBC's catalog is a part of each table's. */
  String name() {
    return pair.id();
  }

  /** Where the pair's tables are: one metastore may serve several pairs. */
  String database() {
    return pair.id();
  }

  /** For the definition of a table or a catalog. */
  String sqlOptions() {
    return options.entrySet().stream()
        .map(option -> "'%s' = '%s'".formatted(option.getKey(), option.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** As Iceberg's own API and other engines name them. */
  Map<String, String> properties() {
    Map<String, String> properties = new HashMap<>(options);
    String type = properties.remove("catalog-type");
    if (type != null) {
      properties.put("type", type);
    }
    return properties;
  }

  /** The catalog as any other program opens it, with connections of its own. */
  OpenCatalog open() {
    return new OpenCatalog(
        CatalogUtil.buildIcebergCatalog(name(), properties(), new Configuration()));
  }
}
