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

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a {@link JvmProcess} runs.
 *
 * @param classPath has {@link ChildMain} on it, too
 * @param environment variables beside the harness's own
 */
public record JvmProgram(String mainClass, String classPath, Map<String, String> environment) {
  /** A program on the harness's own class path. */
  public static JvmProgram ofHarness(String mainClass) {
    return new JvmProgram(mainClass, System.getProperty("java.class.path"), Map.of());
  }

  /**
   * A program with a class path of its own, to which nothing but the harness's own classes come.
   */
  public static JvmProgram withLibraries(
      String mainClass, String libraries, Map<String, String> environment) {
    return new JvmProgram(
        mainClass, harnessClasses() + File.pathSeparator + libraries, environment);
  }

  /** Folder or jar of the harness's own classes. */
  public static Path harnessClasses() {
    try {
      return Path.of(ChildMain.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The harness does not know where its classes are", e);
    }
  }
}
