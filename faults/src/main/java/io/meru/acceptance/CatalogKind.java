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

import java.util.Set;

/** The catalogs, under the names that the command and the SQL guide use. */
enum CatalogKind {
  HADOOP("hadoop", Set.of(StorageKind.LOCAL, StorageKind.HDFS)),
  JDBC_SQLITE("jdbc-sqlite", Set.of(StorageKind.values())),
  JDBC_POSTGRESQL("jdbc-postgresql", Set.of(StorageKind.values())),
  REST("rest", Set.of(StorageKind.values())),
  // the metastore makes the folders itself, and would need Hadoop's own S3 file system for it
  HIVE("hive", Set.of(StorageKind.LOCAL, StorageKind.HDFS));

  private final String text;
  private final Set<StorageKind> storages;

  CatalogKind(String text, Set<StorageKind> storages) {
    this.text = text;
    this.storages = storages;
  }

  /** Whether its tables can lie there. */
  boolean reaches(StorageKind storage) {
    return storages.contains(storage);
  }

  @Override
  public String toString() {
    return text;
  }
}
