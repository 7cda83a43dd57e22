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

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a command prints what it found or did. */
final class OutputOptions {
  @Option(names = "--json", description = "Print JSON, for programs.")
  private boolean json;

  /** The command that these are options of. */
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  boolean json() {
    return json;
  }

  /** Prints {@code result} to the command's output: as JSON, or as {@code text} does for people. */
  <T> void print(T result, BiConsumer<T, PrintWriter> text) {
    PrintWriter out = requireNonNull(command).commandLine().getOut();
    if (json) {
      out.println(Json.of(result));
    } else {
      text.accept(result, out);
    }
  }
}
