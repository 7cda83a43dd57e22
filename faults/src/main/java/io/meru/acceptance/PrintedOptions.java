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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The options that the SQL guide prints for a catalog or a storage: the lines after {@code -- name}
 * up to one that holds no option. Only the places in them are replaced, so what the suite runs is
 * what a user reads.
 */
final class PrintedOptions {
  private static final Pattern OPTION = Pattern.compile("'([^']+)' = '([^']*)',?");

  private final Path guide;
  private final List<String> lines;

  private PrintedOptions(Path guide, List<String> lines) {
    this.guide = guide;
    this.lines = lines;
  }

  static PrintedOptions in(Path guide) throws IOException {
    return new PrintedOptions(guide, Files.readAllLines(guide));
  }

  /**
   * The options printed for {@code name}.
   *
   * @param actual what stands for a printed value here, by option; each must be printed
   */
  Map<String, String> of(String name, Map<String, String> actual) {
    int heading = lines.indexOf("-- " + name);
    if (heading < 0) {
      throw new IllegalStateException("%s prints no options for '%s'".formatted(guide, name));
    }
    Map<String, String> options = new LinkedHashMap<>();
    for (String line : lines.subList(heading + 1, lines.size())) {
      Matcher option = OPTION.matcher(line.strip());
      if (!option.matches()) {
        break;
      }
      options.put(option.group(1), option.group(2));
    }
    for (Map.Entry<String, String> value : actual.entrySet()) {
      if (options.put(value.getKey(), value.getValue()) == null) {
        throw new IllegalStateException(
            "%s does not print option '%s' for '%s'".formatted(guide, value.getKey(), name));
      }
    }
    return options;
  }
}
