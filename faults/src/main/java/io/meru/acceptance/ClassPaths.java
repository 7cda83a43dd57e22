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

/**
 * Where the build has written the class paths of other JVMs.
 *
 * @param checkout root of the build
 */
record ClassPaths(Path checkout) {
  /** File with the class path of a module of {@code class-paths}. */
  Path of(String module) {
    return checkout.resolve("class-paths").resolve(module).resolve("target/classpath.txt");
  }

  /** File with the class path of the REST catalog server. */
  Path restServer() {
    return checkout.resolve("meru-rest-server/target/classpath.txt");
  }

  /** Build directory of meru-spark-check. */
  Path spark() {
    return checkout.resolve("meru-spark-check/target");
  }

  /** The page that prints the options. */
  Path sqlGuide() {
    return checkout.resolve("docs/sql.md");
  }
}
