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
import io.meru.inspect.TableShape.FileShape;
import io.meru.inspect.TableShape.LevelShape;
import io.meru.inspect.TableShape.SizeBucket;
import io.meru.inspect.TableShape.SnapshotShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** The pictures of a {@link HtmlReport}. */
final class Charts {
  private static final int WIDTH = 960;
  private static final int LEFT = 90;
  private static final int RIGHT = 150;
  private static final int PLOT = WIDTH - LEFT - RIGHT;
  private static final int HASHES = 1 << 16;

  /** More would be too small to see, and the page too large to open. */
  private static final int MAX_FILES = 2_000;

  private static final int MAX_COLUMN = 120;

  private static final int MAX_POINTS = 500;

  private Charts() {}

  /** One bar per level. */
  static String bytesByLevel(List<LevelShape> levels) {
    int row = 30;
    Svg svg = new Svg(WIDTH, levels.size() * row + 10, "Bytes per level");
    long most = Math.max(1, levels.stream().mapToLong(LevelShape::bytes).max().orElse(1));
    for (int i = 0; i < levels.size(); i++) {
      LevelShape level = levels.get(i);
      double y = i * row + 5.0;
      double width = (double) level.bytes() / most * PLOT;
      String text =
          "%s in %s".formatted(Units.bytes(level.bytes()), Units.many(level.files(), "file"));
      svg.text(LEFT - 8, y + 15, "end", Units.level(level.level()));
      svg.rect(LEFT, y, Math.max(1, width), row - 10, "bar", 1, text);
      svg.text(LEFT + width + 6, y + 15, "start", text);
    }
    return svg.build();
  }

  /** One bar per level: which part of its rows is dead. */
  static String deletedByLevel(List<LevelShape> levels) {
    int row = 30;
    Svg svg = new Svg(WIDTH, levels.size() * row + 10, "Deleted share per level");
    for (int i = 0; i < levels.size(); i++) {
      LevelShape level = levels.get(i);
      double y = i * row + 5.0;
      double dead = level.deletedShare() * PLOT;
      String text =
          "%s of %s rows".formatted(Units.share(level.deletedShare()), Units.count(level.rows()));
      svg.text(LEFT - 8, y + 15, "end", Units.level(level.level()));
      svg.rect(LEFT, y, PLOT, row - 10, "ground", 1, text);
      svg.rect(LEFT, y, dead, row - 10, "dead", 1, text);
      svg.text(LEFT + PLOT + 6, y + 15, "start", text);
    }
    return svg.build();
  }

  /** Number of files by deleted share, in steps of a tenth. */
  static String filesByDeletedShare(List<FileShape> files) {
    long[] counts = new long[10];
    for (FileShape file : files) {
      counts[Math.min(9, (int) (file.deletedShare() * 10))]++;
    }
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      labels.add("%d-%d %%".formatted(10 * i, 10 * i + 10));
    }
    return columns("Files by deleted share", labels, counts);
  }

  /** Number of files by size, in powers of two. */
  static String filesBySize(List<LevelShape> levels) {
    var buckets =
        levels.stream()
            .flatMap(level -> level.sizes().buckets().stream())
            .collect(
                Collectors.groupingBy(
                    SizeBucket::upToBytes,
                    TreeMap::new,
                    Collectors.summingLong(SizeBucket::files)));
    return columns(
        "Files by size",
        buckets.keySet().stream().map(bytes -> "<= " + Units.bytes(bytes)).toList(),
        buckets.values().stream().mapToLong(Long::longValue).toArray());
  }

  private static String columns(String label, List<String> names, long[] counts) {
    int height = 160;
    Svg svg = new Svg(WIDTH, height, label);
    long most = 1;
    for (long count : counts) {
      most = Math.max(most, count);
    }
    double step = Math.min(MAX_COLUMN, (double) PLOT / Math.max(1, counts.length));
    for (int i = 0; i < counts.length; i++) {
      double barHeight = (double) counts[i] / most * (height - 50);
      double x = LEFT + i * step;
      double y = height - 25 - barHeight;
      svg.rect(
          x + 2, y, step - 4, barHeight, "bar", 1, names.get(i) + ": " + Units.count(counts[i]));
      svg.text(x + step / 2, height - 8, "middle", names.get(i));
      svg.text(x + step / 2, y - 4, "middle", Units.count(counts[i]));
    }
    return svg.build();
  }

  /**
   * Each file as a box over the hashes that its rows may have, level by level; files whose ranges
   * overlap lie below one another. The redder, the more of it is dead.
   */
  static String filesByHash(TableShape shape) {
    List<FileShape> files =
        shape.dataFiles().size() > MAX_FILES
            ? shape.dataFiles().subList(0, MAX_FILES)
            : shape.dataFiles();
    List<Lane> lanes = lanes(files);
    int row = 16;
    int top = 24;
    Svg svg = new Svg(WIDTH, top + lanes.size() * row + 10, "Files by level and hash range");
    for (int i = 0; i <= 4; i++) {
      double x = LEFT + i * PLOT / 4.0;
      svg.line(x, top - 6, x, top + lanes.size() * row, "grid");
      svg.text(x, 12, "middle", "%04x".formatted(Math.min(HASHES - 1, i * HASHES / 4)));
    }
    String level = "";
    for (int i = 0; i < lanes.size(); i++) {
      Lane lane = lanes.get(i);
      double y = top + i * row;
      if (!level.equals(lane.level)) {
        level = lane.level;
        svg.text(LEFT - 8, y + 11, "end", level);
        svg.line(0, y - 1, WIDTH, y - 1, "grid");
      }
      lane.files.forEach(file -> box(svg, file, y, row));
    }
    return svg.build();
  }

  private static void box(Svg svg, FileShape file, double y, int row) {
    double x = LEFT + (double) first(file) / HASHES * PLOT;
    double width = Math.max(2, (double) (last(file) + 1 - first(file)) / HASHES * PLOT - 1);
    String tooltip =
        "%s%s, hashes %s: %s rows, %s deleted, %s"
            .formatted(
                file.partition().isEmpty() ? "" : file.partition() + "/",
                Units.fileName(file.path()),
                Units.hashRange(file.firstHash(), file.lastHash()),
                Units.count(file.rows()),
                Units.share(file.deletedShare()),
                Units.bytes(file.bytes()));
    svg.rect(x, y, width, row - 3, file.level() == null ? "foreign" : "bar", 1, tooltip);
    svg.rect(x, y, width, row - 3, "dead", file.deletedShare(), tooltip);
  }

  /** Files of one level whose hash ranges do not overlap. */
  private static final class Lane {
    private final String level;
    private final List<FileShape> files = new ArrayList<>();
    private int end;

    Lane(String level) {
      this.level = level;
    }
  }

  private static List<Lane> lanes(List<FileShape> files) {
    List<Lane> all = new ArrayList<>();
    List<Lane> ofLevel = new ArrayList<>();
    String level = "";
    for (FileShape file : files) {
      String next = Units.level(file.level());
      if (!next.equals(level)) {
        ofLevel = new ArrayList<>();
        level = next;
      }
      Lane free =
          ofLevel.stream()
              .filter(lane -> lane.end <= first(file))
              .min(Comparator.comparingInt(lane -> lane.end))
              .orElse(null);
      if (free == null) {
        free = new Lane(level);
        ofLevel.add(free);
        all.add(free);
      }
      free.files.add(file);
      free.end = last(file) + 1;
    }
    return all;
  }

  private static int first(FileShape file) {
    Integer first = file.firstHash();
    return first == null ? 0 : first;
  }

  private static int last(FileShape file) {
    Integer last = file.lastHash();
    return last == null ? HASHES - 1 : last;
  }

  /** One value of each snapshot over the time of its commit. */
  static String overTime(
      String label, List<SnapshotShape> all, ToLongFunction<SnapshotShape> value) {
    int height = 150;
    Svg svg = new Svg(WIDTH, height, label);
    List<SnapshotShape> snapshots =
        all.size() > MAX_POINTS ? all.subList(all.size() - MAX_POINTS, all.size()) : all;
    if (snapshots.isEmpty()) {
      return svg.build();
    }
    long from = snapshots.get(0).timestampMs();
    long to = snapshots.get(snapshots.size() - 1).timestampMs();
    long most = Math.max(1, snapshots.stream().mapToLong(value).max().orElse(1));
    double bottom = height - 22;
    double plotHeight = height - 44;
    StringBuilder points = new StringBuilder();
    List<double[]> dots = new ArrayList<>();
    for (SnapshotShape snapshot : snapshots) {
      double x =
          LEFT + (to == from ? 0 : (double) (snapshot.timestampMs() - from) / (to - from) * PLOT);
      double y = bottom - (double) value.applyAsLong(snapshot) / most * plotHeight;
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
      dots.add(new double[] {x, y});
    }
    svg.line(LEFT, bottom, LEFT + PLOT, bottom, "grid");
    svg.line(LEFT, bottom - plotHeight, LEFT + PLOT, bottom - plotHeight, "grid");
    svg.text(LEFT - 8, bottom - plotHeight + 4, "end", Units.count(most));
    svg.text(LEFT - 8, bottom + 4, "end", "0");
    svg.text(LEFT, height - 5, "start", Units.time(from));
    svg.text(LEFT + PLOT, height - 5, "end", Units.time(to));
    svg.polyline(points.toString().strip(), "curve");
    for (int i = 0; i < snapshots.size(); i++) {
      SnapshotShape snapshot = snapshots.get(i);
      double[] dot = dots.get(i);
      svg.rect(
          dot[0] - 2,
          dot[1] - 2,
          4,
          4,
          snapshot.job() == null ? "foreign" : "bar",
          1,
          "%s: %s at %s, snapshot %d, %s%s"
              .formatted(
                  label,
                  Units.count(value.applyAsLong(snapshot)),
                  Units.time(snapshot.timestampMs()),
                  snapshot.id(),
                  snapshot.job() == null ? Units.orDash(snapshot.operation()) : snapshot.job(),
                  snapshot.checkpointId() == null
                      ? ""
                      : ", checkpoint " + snapshot.checkpointId()));
    }
    return svg.build();
  }
}
