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
import java.util.Collections;
import java.util.List;

/**
 * Lines of aligned columns. A column is as wide as its widest value and nothing is cut or wrapped,
 * so that a line is one record however narrow the terminal.
 */
final class TextTable {
  private static final String GAP = "  ";

  private final List<String> headers;
  private final List<Boolean> right;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param headers one per column; those that start with {@code >} are aligned to the right
   */
  TextTable(String... headers) {
    this.headers = new ArrayList<>();
    this.right = new ArrayList<>();
    for (String header : headers) {
      boolean toTheRight = header.startsWith(">");
      this.headers.add(toTheRight ? header.substring(1) : header);
      this.right.add(toTheRight);
    }
  }

  TextTable row(String... values) {
    rows.add(List.of(values));
    return this;
  }

  int size() {
    return rows.size();
  }

  void print(PrintWriter out, int limit) {
    List<List<String>> shown = limit > 0 && limit < rows.size() ? rows.subList(0, limit) : rows;
    print(out, shown);
    if (shown.size() < rows.size()) {
      out.println(
          GAP + "... and %s more; --limit 0 shows all".formatted(Units.count(rows.size() - limit)));
    }
  }

  private void print(PrintWriter out, List<List<String>> shown) {
    List<Integer> widths = new ArrayList<>(Collections.nCopies(headers.size(), 0));
    widen(widths, headers);
    shown.forEach(row -> widen(widths, row));
    printLine(out, widths, headers);
    shown.forEach(row -> printLine(out, widths, row));
  }

  private static void widen(List<Integer> widths, List<String> row) {
    for (int i = 0; i < widths.size(); i++) {
      widths.set(i, Math.max(widths.get(i), row.get(i).length()));
    }
  }

  private void printLine(PrintWriter out, List<Integer> widths, List<String> row) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      String padding = " ".repeat(widths.get(i) - row.get(i).length());
      line.append(GAP).append(right.get(i) ? padding + row.get(i) : row.get(i) + padding);
    }
    out.println(line.toString().stripTrailing());
  }
}
