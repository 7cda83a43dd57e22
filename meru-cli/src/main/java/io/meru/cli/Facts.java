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

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Lines of a name and a value each, the values one below the other. */
final class Facts {
  private static final String GAP = "  ";

  private record Fact(String name, String value) {}

  private final List<Fact> facts = new ArrayList<>();

  Facts add(String name, String value) {
    facts.add(new Fact(name, value));
    return this;
  }

  void print(PrintWriter out) {
    int width = facts.stream().mapToInt(fact -> fact.name().length()).max().orElse(0);
    for (Fact fact : facts) {
      String padding = " ".repeat(width - fact.name().length());
      out.println(fact.name() + padding + GAP + fact.value());
    }
  }
}
