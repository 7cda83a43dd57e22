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
 * <p>The bundled jar is made for a class path with Flink. Where there is none, two things go wrong,
 * and the command runs in a class loader of its own that sets them right:
 *
 * <ul>
 *   <li>Logging is left to Flink. A silent one lies in a folder of the jar where no class loader of
 *       Flink's sees it; if the class path has no other, this one does.
 *   <li>Iceberg, when it first opens a delete file, registers the file formats of every engine
 *       whose adapter it finds, and Flink's, without Flink, ends in an error. This one does not
 *       find it.
 * </ul>
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
    boolean logging = has(own, "org/slf4j/LoggerFactory.class");
    boolean flink = has(own, "org/apache/flink/table/data/RowData.class");
    if (logging && flink) {
      return MeruCommand.run(args);
    }
    // never closed: the JVM ends with it
    ClassLoader loader = new Loader(logging ? classPath() : classPathWithLogging(), flink);
    Thread.currentThread().setContextClassLoader(loader);
    try {
      return (int)
          Class.forName(COMMAND, true, loader)
              .getMethod("run", String[].class)
              .invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static boolean has(ClassLoader loader, String resource) {
    return loader.getResource(resource) != null;
  }

  private static List<URL> classPath() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return urls;
  }

  private static List<URL> classPathWithLogging() throws MalformedURLException, URISyntaxException {
    List<URL> urls = classPath();
    URI jar = Main.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    urls.add(URI.create("jar:" + jar + "!/" + SILENT_LOGGING).toURL());
    return urls;
  }

  /** The class path once more, without Iceberg's adapter of Flink where Flink is not. */
  static final class Loader extends URLClassLoader {
    private final boolean flink;

    Loader(List<URL> classPath, boolean flink) {
      super(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
      this.flink = flink;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!flink && name.startsWith("org.apache.iceberg.flink.")) {
        throw new ClassNotFoundException(name + " is of no use without Flink");
      }
      return super.loadClass(name, resolve);
    }
  }
}
