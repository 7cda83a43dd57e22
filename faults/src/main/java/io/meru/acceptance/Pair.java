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

import java.util.Arrays;
import java.util.List;

/** A catalog whose tables lie in a storage. */
record Pair(CatalogKind catalog, StorageKind storage) {
  /** Each catalog and each storage at least once. */
  static final List<Pair> SHORT_FORM =
      List.of(
          new Pair(CatalogKind.HADOOP, StorageKind.LOCAL),
          new Pair(CatalogKind.HADOOP, StorageKind.HDFS),
          new Pair(CatalogKind.JDBC_SQLITE, StorageKind.LOCAL),
          new Pair(CatalogKind.JDBC_POSTGRESQL, StorageKind.S3),
          new Pair(CatalogKind.REST, StorageKind.S3),
          new Pair(CatalogKind.REST, StorageKind.HDFS),
          new Pair(CatalogKind.HIVE, StorageKind.LOCAL));

  /** Every pair that there is. */
  static List<Pair> all() {
    return Arrays.stream(CatalogKind.values())
        .flatMap(
            catalog ->
                Arrays.stream(StorageKind.values())
                    .filter(catalog::reaches)
                    .map(storage -> new Pair(catalog, storage)))
        .toList();
  }

  /** For names of folders and of catalogs. */
  String id() {
    return (catalog + "_" + storage).replace('-', '_');
  }

  /** On a local disk the Hadoop catalog's commit is a check and then a rename. */
  boolean commitsAtomically() {
    return catalog != CatalogKind.HADOOP || storage != StorageKind.LOCAL;
  }

  @Override
  public String toString() {
    return catalog + " x " + storage;
  }
}
