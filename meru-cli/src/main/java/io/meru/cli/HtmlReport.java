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

import io.meru.inspect.TableShape;
import io.meru.inspect.TableShape.SnapshotShape;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/**
 * A table's shape as one page with charts. It holds all it needs: no script, no font, no picture is
 * loaded from elsewhere, so that it can be kept and sent.
 */
final class HtmlReport {
  private static final int LINES = 100;

  private static final String STYLE =
      """
      :root { --ink: #1c2733; --soft: #5d6b7a; --rule: #d9dfe5; --paper: #ffffff; --bar: #2f6f9f;
              --dead: #c8372d; --foreign: #8a7bb5; --ground: #edf1f4; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e4e9ee; --soft: #98a5b3; --rule: #35414d; --paper: #161c22; --bar: #5b9fd0;
                --dead: #e2695f; --foreign: #a99bd4; --ground: #232c35; }
      }
      body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
             margin: 2rem auto; max-width: 1000px; padding: 0 1rem; }
      h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
      p { color: var(--soft); margin: .2rem 0 .6rem; }
      pre { font: 12px/1.45 ui-monospace, monospace; overflow-x: auto; background: var(--ground);
            padding: .8rem; border-radius: 4px; }
      svg { max-width: 100%; height: auto; display: block; }
      svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
      .bar { fill: var(--bar); } .dead { fill: var(--dead); } .foreign { fill: var(--foreign); }
      .ground { fill: var(--ground); } .grid { stroke: var(--rule); stroke-width: 1; }
      .curve { fill: none; stroke: var(--bar); stroke-width: 1.5; }
      """;

  private HtmlReport() {}

  static String of(TableShape shape) {
    StringBuilder page = new StringBuilder();
    String title = Html.escape("Table " + shape.table());
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<title>%s</title>\n<style>\n%s</style>\n</head>\n".formatted(title, STYLE))
        .append("<body>\n<h1>%s</h1>\n".formatted(title));
    paragraph(
        page,
        "%s live in %s, %s. %s."
            .formatted(
                Units.many(shape.liveRows(), "row"),
                Units.many(shape.files(), "data file"),
                Units.bytes(shape.bytes()),
                commit(shape.lastCommit())));
    chart(page, "Bytes per level", "", Charts.bytesByLevel(shape.levels()));
    chart(
        page,
        "Files by level and hash range",
        "Each box is a file and spans the hashes that its keys may have; the redder, the more of its"
            + " rows are deleted. Files of other writers may hold any key.",
        Charts.filesByHash(shape));
    chart(
        page,
        "Deleted share per level",
        "Rows that deletion vectors cover: readers skip them, compaction drops them.",
        Charts.deletedByLevel(shape.levels()));
    chart(page, "Files by deleted share", "", Charts.filesByDeletedShare(shape.dataFiles()));
    chart(page, "Files by size", "", Charts.filesBySize(shape.levels()));
    chart(
        page,
        "Live rows over time",
        "A point per snapshot; those of other writers in another colour.",
        Charts.overTime("Live rows", shape.snapshots(), SnapshotShape::liveRows));
    chart(
        page,
        "Data files over time",
        "",
        Charts.overTime("Data files", shape.snapshots(), SnapshotShape::totalFiles));
    chart(
        page,
        "Rows added per snapshot",
        "",
        Charts.overTime("Rows added", shape.snapshots(), SnapshotShape::addedRows));
    chart(page, "In figures", "", "<pre>" + Html.escape(text(shape)) + "</pre>\n");
    return page.append("</body>\n</html>\n").toString();
  }

  private static String commit(@Nullable SnapshotShape head) {
    return head == null
        ? "Nothing was committed yet"
        : "Last commit: %s%s"
            .formatted(
                Units.time(head.timestampMs()),
                head.checkpointId() == null ? "" : ", checkpoint " + head.checkpointId());
  }

  private static void chart(StringBuilder page, String title, String text, String content) {
    page.append("<h2>%s</h2>\n".formatted(Html.escape(title)));
    if (!text.isEmpty()) {
      paragraph(page, text);
    }
    page.append(content);
  }

  private static void paragraph(StringBuilder page, String text) {
    page.append("<p>%s</p>\n".formatted(Html.escape(text)));
  }

  private static String text(TableShape shape) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    new ShapeText(shape, LINES).print(out);
    out.flush();
    return text.toString();
  }
}
