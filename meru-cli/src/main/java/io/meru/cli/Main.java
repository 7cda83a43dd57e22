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

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

/**
 * Where {@code java -cp meru-flink-bundled.jar io.meru.cli.Main} starts.
 *
 * <p>The bundled jar leaves logging to Flink, so that there is none where Flink is not. A silent
 * one lies in a folder of the jar where no class loader of Flink's sees it; if the class path has
 * no other, the command runs in a class loader that does.
 */
public final class Main {
  /** Folder of the bundled jar with SLF4J's API and its silent implementation. */
  private static final String SILENT_LOGGING = "META-INF/meru-cli/";

  private static final String COMMAND = "io.meru.cli.MeruCommand";

  private Main() {}

  /** Runs the command and ends the JVM with its exit status. */
  public static void main(String[] args) throws Exception {
    System.exit(run(args));
  }

  private static int run(String[] args) throws Exception {
    ClassLoader own = Main.class.getClassLoader();
    if (own.getResource("org/slf4j/LoggerFactory.class") != null) {
      return MeruCommand.run(args);
    }
    // never closed: the JVM ends with it
    ClassLoader withLogging =
        new URLClassLoader(classPathWithLogging(), ClassLoader.getPlatformClassLoader());
    Thread.currentThread().setContextClassLoader(withLogging);
    try {
      return (int)
          Class.forName(COMMAND, true, withLogging)
              .getMethod("run", String[].class)
              .invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static URL[] classPathWithLogging() throws MalformedURLException, URISyntaxException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(new File(entry).toURI().toURL());
    }
    URI jar = Main.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    urls.add(URI.create("jar:" + jar + "!/" + SILENT_LOGGING).toURL());
    return urls.toArray(URL[]::new);
  }
}
