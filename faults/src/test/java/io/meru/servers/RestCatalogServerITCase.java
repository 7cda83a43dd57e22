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

package io.meru.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.rest.RESTCatalog;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestCatalogServerITCase {
  private static final TableIdentifier NAME = TableIdentifier.of("db", "t");

  @TempDir Path folder;

  @Test
  void aServerThatIsStartedAgainKnowsItsTables() throws Exception {
    Path libraries = Path.of(System.getProperty("meru.rest.classpath"));
    try (RestCatalogServer server = RestCatalogServer.start(libraries, folder)) {
      try (RESTCatalog catalog = client(server)) {
        catalog.createNamespace(Namespace.of("db"));
        Schema schema = new Schema(Types.NestedField.required(1, "id", Types.LongType.get()));
        catalog.createTable(NAME, schema).updateProperties().set("a", "b").commit();
      }
      server.kill();
      server.restart();
      try (RESTCatalog catalog = client(server)) {
        Table table = catalog.loadTable(NAME);
        assertThat(table.properties()).containsEntry("a", "b");
        // the committer's way to ask the catalog before it believes a failure needs this one
        assertThat(table.getClass()).isEqualTo(BaseTable.class);
      }
    }
  }

  private static RESTCatalog client(RestCatalogServer server) {
    RESTCatalog catalog = new RESTCatalog();
    catalog.setConf(new Configuration());
    catalog.initialize("rest", Map.of("uri", server.uri().toString()));
    return catalog;
  }
}
