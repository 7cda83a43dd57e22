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

/**
 * Makes the tables of the metastore's locks, which it makes by itself in its own tests' mode only,
 * and starts it. Its classes are on the class path of its JVM alone, so they are called by name.
 */
public final class HiveMetastoreMain {
  private HiveMetastoreMain() {}

  /** Arguments are the metastore's. */
  public static void main(String[] args) throws Exception {
    Class<?> configuration = Class.forName("org.apache.hadoop.hive.conf.HiveConf");
    Class.forName("org.apache.hadoop.hive.metastore.txn.TxnDbUtil")
        .getMethod("prepDb", configuration)
        .invoke(null, configuration.getConstructor().newInstance());
    Class.forName("org.apache.hadoop.hive.metastore.HiveMetaStore")
        .getMethod("main", String[].class)
        .invoke(null, (Object) args);
  }
}
