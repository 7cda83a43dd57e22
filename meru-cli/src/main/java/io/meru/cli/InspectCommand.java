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

import io.meru.inspect.ShapeReader;
import io.meru.inspect.TableShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code meru inspect}: what a table is made of. */
@Command(
    name = "inspect",
    description = {
      "Shows what a table is made of: levels, files, hash ranges, deleted shares, snapshots, sinks,"
          + " pending clean-up.",
      "It reads metadata and the head's manifests, no data."
    },
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Mixin private TableOptions table = new TableOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "Lines of each list; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with charts to this file instead.")
  private @Nullable Path html;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    Arguments.requireLimit(limit);
    TableShape shape;
    try (OpenTable open = table.open()) {
      shape = ShapeReader.read(open.table(), open.name());
    }
    var out = requireNonNull(spec).commandLine().getOut();
    if (html != null) {
      write(html, HtmlReport.of(shape));
      if (!output.json()) {
        out.println("Wrote " + html);
      }
    }
    if (output.json()) {
      out.println(Json.of(shape));
    } else if (html == null) {
      new ShapeText(shape, limit).print(out);
    }
    return MeruCommand.OK;
  }

  private static void write(Path file, String page) {
    try {
      Files.writeString(file, page);
    } catch (NoSuchFileException e) {
      throw new UncheckedIOException(
          "Cannot write the page to %s: its folder is not there".formatted(file), e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the page to " + file, e);
    }
  }
}
