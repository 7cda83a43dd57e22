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

import java.util.Locale;

/** Builds one SVG picture of a given size; coordinates are in its pixels, y downwards. */
final class Svg {
  private final StringBuilder body = new StringBuilder();
  private final int width;
  private final int height;
  private final String label;

  /**
   * @param label what it shows, for those who cannot see it
   */
  Svg(int width, int height, String label) {
    this.width = width;
    this.height = height;
    this.label = label;
  }

  /** A rectangle of CSS class {@code style}, with a tooltip. */
  Svg rect(double x, double y, double w, double h, String style, double opacity, String tooltip) {
    body.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\""
                + " fill-opacity=\"%.2f\"><title>%s</title></rect>%n",
            style,
            x,
            y,
            w,
            h,
            opacity,
            Html.escape(tooltip)));
    return this;
  }

  /** Text that starts ({@code start}), ends ({@code end}) or has its {@code middle} at x. */
  Svg text(double x, double y, String anchor, String text) {
    body.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
            x,
            y,
            anchor,
            Html.escape(text)));
    return this;
  }

  /** A line of CSS class {@code style}. */
  Svg line(double x1, double y1, double x2, double y2, String style) {
    body.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
            style,
            x1,
            y1,
            x2,
            y2));
    return this;
  }

  /** A line through points {@code x,y x,y ...}. */
  Svg polyline(String points, String style) {
    body.append("<polyline class=\"%s\" points=\"%s\"/>%n".formatted(style, points));
    return this;
  }

  /** The picture as an element. */
  String build() {
    return ("<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\""
            + " aria-label=\"%s\">%n%s</svg>%n")
        .formatted(width, height, width, height, Html.escape(label), body);
  }
}
