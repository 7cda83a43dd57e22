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

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.types.Types;

/** A table of items without partitions, for tests that plant what is wrong into one. */
final class TestCatalog {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "tenant", Types.IntegerType.get()),
              Types.NestedField.required(2, "id", Types.LongType.get()),
              Types.NestedField.optional(3, "region", Types.StringType.get()),
              Types.NestedField.optional(4, "n", Types.LongType.get()),
              Types.NestedField.optional(5, "payload", Types.StringType.get())),
          Set.of(1, 2));

  private TestCatalog() {}

  static Table createTable(Path folder) {
    return new HadoopCatalog(new Configuration(), folder.toUri().toString())
        .createTable(
            TableIdentifier.of("db", "items"),
            SCHEMA,
            PartitionSpec.unpartitioned(),
            Map.of(TableProperties.FORMAT_VERSION, "3"));
  }
}
