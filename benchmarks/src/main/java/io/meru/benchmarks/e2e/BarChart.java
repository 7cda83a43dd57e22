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

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A chart of grouped horizontal bars, as SVG. */
final class BarChart {
  private static final int WIDTH = 860;
  private static final int LEFT = 150;
  private static final int RIGHT = 90;
  private static final int BAR = 20;
  private static final int GROUP_GAP = 34;
  private static final int TOP = 56;

  private final String title;
  private final String unit;
  private final List<Group> groups = new ArrayList<>();

  BarChart(String title, String unit) {
    this.title = title;
    this.unit = unit;
  }

  /** A bar; {@code ours} gives it the colour that stands out. */
  record Bar(String label, double value, boolean ours) {}

  private record Group(String label, List<Bar> bars) {}

  /** Adds bars under one heading, from top to bottom. */
  void group(String label, List<Bar> bars) {
    groups.add(new Group(label, List.copyOf(bars)));
  }

  /** The whole document. */
  String svg() {
    int bars = groups.stream().mapToInt(group -> group.bars.size()).sum();
    int height = TOP + bars * BAR + groups.size() * GROUP_GAP + 10;
    double max =
        groups.stream().flatMap(g -> g.bars.stream()).mapToDouble(Bar::value).max().orElse(1);
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            + " font-family=\"sans-serif\" font-size=\"12\">",
        WIDTH,
        height);
    add(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    add(svg, "<text x=\"16\" y=\"24\" font-size=\"16\">%s</text>", escape(title));
    add(svg, "<text x=\"16\" y=\"42\" fill=\"#666\">%s</text>", escape(unit));
    int y = TOP;
    for (Group group : groups) {
      y += GROUP_GAP - 12;
      add(svg, "<text x=\"16\" y=\"%d\" font-weight=\"bold\">%s</text>", y, escape(group.label));
      y += 12;
      for (Bar bar : group.bars) {
        addBar(svg, bar, y, max);
        y += BAR;
      }
    }
    return svg.append("</svg>\n").toString();
  }

  private static void addBar(StringBuilder svg, Bar bar, int y, double max) {
    double length = (WIDTH - LEFT - RIGHT) * bar.value / max;
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
        LEFT - 8,
        y + 10,
        escape(bar.label));
    add(
        svg,
        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
        LEFT,
        y - 3,
        length,
        BAR - 4,
        bar.ours ? "#1f6feb" : "#b0b8c0");
    add(svg, "<text x=\"%.1f\" y=\"%d\">%.2f</text>", LEFT + length + 6, y + 10, bar.value);
  }

  private static void add(StringBuilder svg, String format, Object... args) {
    svg.append(String.format(Locale.ROOT, format, args)).append('\n');
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
