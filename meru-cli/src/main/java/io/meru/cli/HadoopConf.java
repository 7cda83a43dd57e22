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

package io.meru.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;

/** Hadoop's configuration: of the class path, {@code HADOOP_CONF_DIR} and a catalog's options. */
final class HadoopConf {
  private HadoopConf() {}

  static Configuration load(Map<String, String> options) {
    Configuration conf = new Configuration();
    addFolder(conf, System.getenv("HADOOP_CONF_DIR"), "core-site.xml", "hdfs-site.xml");
    addFolder(conf, options.get("hadoop-conf-dir"), "core-site.xml", "hdfs-site.xml");
    addFolder(conf, options.get("hive-conf-dir"), "hive-site.xml");
    return conf;
  }

  private static void addFolder(Configuration conf, @Nullable String folder, String... names) {
    if (folder == null) {
      return;
    }
    for (String name : names) {
      Path file = Path.of(folder, name);
      if (Files.exists(file)) {
        conf.addResource(new org.apache.hadoop.fs.Path(file.toUri()));
      }
    }
  }
}
