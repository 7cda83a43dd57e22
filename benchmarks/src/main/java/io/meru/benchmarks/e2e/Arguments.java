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

package io.meru.benchmarks.e2e;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Command-line arguments of the form {@code --name=value}. */
public final class Arguments {
  private final Map<String, String> values;
  private final Set<String> known = new HashSet<>();
  private final String help;

  private Arguments(Map<String, String> values, String help) {
    this.values = values;
    this.help = help;
  }

  /** Reads {@code args}; {@code help} goes into the message where they are wrong. */
  public static Arguments parse(String[] args, String help) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String arg : args) {
      int equals = arg.indexOf('=');
      if (!arg.startsWith("--") || equals < 0) {
        throw new IllegalArgumentException("Expected --name=value but found " + arg + "\n" + help);
      }
      values.put(arg.substring(2, equals), arg.substring(equals + 1));
    }
    return new Arguments(values, help);
  }

  /** The value given, or {@code otherwise}. */
  public String get(String name, String otherwise) {
    known.add(name);
    return values.getOrDefault(name, otherwise);
  }

  /** The number given, or {@code otherwise}. */
  public int getInt(String name, int otherwise) {
    return Integer.parseInt(get(name, Integer.toString(otherwise)));
  }

  /** Fails if an argument was given that nobody has asked for. */
  public void refuseUnknown() {
    for (String name : values.keySet()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException("Unknown argument --" + name + "\n" + help);
      }
    }
  }
}
