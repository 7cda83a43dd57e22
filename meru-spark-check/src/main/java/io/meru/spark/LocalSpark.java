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

package io.meru.spark;

import com.fasterxml.jackson.core.type.TypeReference;
import java.util.Map;
import org.apache.iceberg.spark.SparkCatalog;
import org.apache.spark.sql.SparkSession;

/** Makes a quiet Spark session of two threads in this JVM. */
final class LocalSpark {
  static final TypeReference<Map<String, String>> STRING_MAP = new TypeReference<>() {};

  private LocalSpark() {}

  /** Starts a session with java.time values, UTC as time zone, no user interface. */
  static SparkSession start() {
    return SparkSession.builder()
        .master("local[2]")
        .appName("meru-spark-check")
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", "localhost")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.datetime.java8API.enabled", true)
        .config("spark.sql.shuffle.partitions", 2)
        .config("spark.sql.adaptive.enabled", false)
        .config(
            "spark.sql.extensions",
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .getOrCreate();
  }

  /** Adds an Iceberg catalog with Iceberg's own catalog properties; replaces none. */
  static void addCatalog(SparkSession spark, String name, Map<String, String> properties) {
    String prefix = "spark.sql.catalog." + name;
    spark.conf().set(prefix, SparkCatalog.class.getName());
    spark.conf().set(prefix + ".cache-enabled", "false");
    properties.forEach((key, value) -> spark.conf().set(prefix + "." + key, value));
  }
}
