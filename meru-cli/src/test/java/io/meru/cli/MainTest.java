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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  @TempDir Path folder;

  /** As in the bundled jar, which has the adapter; here one that ends as that does. */
  @Test
  void withoutFlinkIcebergOpensDeleteFilesAlthoughItsAdapterOfFlinkIsThere() throws Exception {
    Path source = folder.resolve("FlinkFormatModels.java");
    Files.writeString(
        source,
        """
        package org.apache.iceberg.flink.data;

        public class FlinkFormatModels {
          public static void register() {
            throw new NoClassDefFoundError("org/apache/flink/table/data/RowData");
          }
        }
        """);
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", folder.toString(), source.toString()))
        .isZero();

    assertThatThrownBy(() -> registerFormats(true)).isInstanceOf(NoClassDefFoundError.class);
    registerFormats(false);
  }

  private void registerFormats(boolean flink) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (Main.Loader loader = new Main.Loader(classPath(), flink)) {
      thread.setContextClassLoader(loader);
      Class<?> registry =
          Class.forName("org.apache.iceberg.formats.FormatModelRegistry", true, loader);
      assertThat(registry.getClassLoader()).isSameAs(loader);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private List<URL> classPath() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    urls.add(folder.toUri().toURL());
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return urls;
  }
}
