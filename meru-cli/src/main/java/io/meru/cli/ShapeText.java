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
import io.meru.inspect.TableShape.CleanUp;
import io.meru.inspect.TableShape.FileShape;
import io.meru.inspect.TableShape.LevelShape;
import io.meru.inspect.TableShape.PartitionShape;
import io.meru.inspect.TableShape.RunShape;
import io.meru.inspect.TableShape.SinkShape;
import io.meru.inspect.TableShape.SnapshotShape;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A table's shape as text. */
final class ShapeText {
  private final TableShape shape;
  private final int limit;

  /**
   * @param limit lines of each list; 0 for all
   */
  ShapeText(TableShape shape, int limit) {
    this.shape = shape;
    this.limit = limit;
  }

  void print(PrintWriter out) {
    printTable(out);
    printLevels(out);
    if (shape.partitions().size() > 1) {
      printPartitions(out);
    }
    printFiles(out);
    printSinks(out);
    printSnapshots(out);
    printCleanUp(out);
  }

  private void printTable(PrintWriter out) {
    out.println("Table        " + shape.table());
    out.println("Location     " + shape.location());
    out.printf(
        "Key          %s, fingerprint %s%n",
        String.join(", ", shape.keyColumns()), shape.keyFingerprint());
    out.printf(
        "Rows         %s%s live, %s deleted (%s of all)%n",
        hasOldDeletes() ? "at most " : "",
        Units.count(shape.liveRows()),
        Units.count(shape.deletedRows()),
        Units.share(shape.rows() == 0 ? 0 : (double) shape.deletedRows() / shape.rows()));
    out.printf(
        "Files        %s, %s%n",
        Units.many(shape.files(), "data file"), Units.bytes(shape.bytes()));
    printVectors(out);
    out.println("Last commit  " + lastCommit(shape.lastCommit()));
  }

  /** Whether more rows are deleted than vectors say; how many, only their files tell. */
  private boolean hasOldDeletes() {
    return shape.vectors().positionDeleteFiles() + shape.vectors().equalityDeleteFiles() > 0;
  }

  private void printVectors(PrintWriter out) {
    TableShape.VectorShape vectors = shape.vectors();
    out.printf(
        "Deletes      %s, %s, in %s%n",
        Units.many(vectors.vectors(), "deletion vector"),
        Units.bytes(vectors.bytes()),
        Units.many(vectors.files(), "file"));
    if (vectors.positionDeleteFiles() > 0) {
      out.println(
          "             " + Units.many(vectors.positionDeleteFiles(), "position delete file"));
    }
    if (vectors.equalityDeleteFiles() > 0) {
      out.println(
          "             "
              + Units.many(vectors.equalityDeleteFiles(), "equality delete file")
              + ": Meru cannot write to this table before meru rewrite-deletes");
    }
  }

  private static String lastCommit(@Nullable SnapshotShape head) {
    if (head == null) {
      return "none";
    }
    return "%s, snapshot %d, %s".formatted(Units.time(head.timestampMs()), head.id(), maker(head));
  }

  private static String maker(SnapshotShape head) {
    if (head.job() == null) {
      return "by another writer (%s)".formatted(head.operation());
    }
    if (head.sinkId() == null) {
      return head.job() + " by a process beside the jobs";
    }
    return "%s%s of sink %s, generation %s"
        .formatted(
            head.job(),
            head.checkpointId() == null ? "" : ", checkpoint " + head.checkpointId(),
            head.sinkId(),
            Units.orDash(head.generation()));
  }

  private void printLevels(PrintWriter out) {
    TextTable table =
        new TextTable(
            "LEVEL",
            ">FILES",
            ">ROWS",
            ">LIVE",
            ">DELETED",
            ">BYTES",
            ">SMALLEST",
            ">MEDIAN",
            ">LARGEST");
    for (LevelShape level : shape.levels()) {
      table.row(
          Units.level(level.level()),
          Units.count(level.files()),
          Units.count(level.rows()),
          Units.count(level.liveRows()),
          Units.share(level.deletedShare()),
          Units.bytes(level.bytes()),
          Units.bytes(level.sizes().min()),
          Units.bytes(level.sizes().median()),
          Units.bytes(level.sizes().max()));
    }
    section(out, "Levels", table, 0);
  }

  private void printPartitions(PrintWriter out) {
    TextTable table =
        new TextTable("PARTITION", ">FILES", ">LEVEL 0", ">ROWS", ">LIVE", ">DELETED", ">BYTES");
    for (PartitionShape partition : shape.partitions()) {
      table.row(
          partition.partition(),
          Units.count(partition.files()),
          Units.count(partition.levelZeroFiles()),
          Units.count(partition.rows()),
          Units.count(partition.liveRows()),
          Units.share(partition.deletedShare()),
          Units.bytes(partition.bytes()));
    }
    section(out, "Partitions", table, limit);
  }

  private void printFiles(PrintWriter out) {
    TextTable table =
        new TextTable(
            "LEVEL", "HASHES", ">ROWS", ">LIVE", ">DELETED", ">BYTES", "KEYS", "SINK", "FILE");
    for (FileShape file : shape.dataFiles()) {
      table.row(
          Units.level(file.level()),
          Units.hashRange(file.firstHash(), file.lastHash()),
          Units.count(file.rows()),
          Units.count(file.liveRows()),
          Units.share(file.deletedShare()),
          Units.bytes(file.bytes()),
          keys(file),
          Units.orDash(file.sinkId()),
          (file.partition().isEmpty() ? "" : file.partition() + "/") + Units.fileName(file.path()));
    }
    section(out, "Data files", table, limit);
  }

  /** {@code 1 .. 99}; of a composite key each column's, since that is what manifests hold. */
  private static String keys(FileShape file) {
    return file.keyMin().stream().map(Units::orDash).collect(Collectors.joining(", "))
        + " .. "
        + file.keyMax().stream().map(Units::orDash).collect(Collectors.joining(", "))
        + (file.level() != null && !file.presentKey() ? " (sorted by another key)" : "");
  }

  private void printSinks(PrintWriter out) {
    TextTable table =
        new TextTable("SINK", ">GENERATION", "RUN", ">SINCE GENERATION", ">LAST CHECKPOINT");
    for (SinkShape sink : shape.sinks()) {
      List<RunShape> runs = sink.runs();
      if (runs.isEmpty()) {
        table.row(sink.sinkId(), Units.count(sink.generation()), "-", "-", "-");
      }
      for (int i = runs.size() - 1; i >= 0; i--) {
        RunShape run = runs.get(i);
        table.row(
            sink.sinkId(),
            Units.count(sink.generation()),
            run.runId() + (run.torn() ? " (torn)" : ""),
            Units.count(run.generation()),
            Units.count(run.lastCheckpointId()));
      }
    }
    section(out, "Sinks and the runs that committed, newest first", table, limit);
  }

  private void printSnapshots(PrintWriter out) {
    TextTable table =
        new TextTable(
            "SNAPSHOT",
            "TIME",
            "OPERATION",
            "JOB",
            ">CHECKPOINT",
            "SINK",
            ">FILES +",
            ">FILES -",
            ">ROWS +",
            ">ROWS -",
            ">DELETED +",
            ">LIVE");
    for (int i = shape.snapshots().size() - 1; i >= 0; i--) {
      SnapshotShape snapshot = shape.snapshots().get(i);
      table.row(
          Long.toString(snapshot.id()),
          Units.time(snapshot.timestampMs()),
          Units.orDash(snapshot.operation()),
          Units.orDash(snapshot.job()),
          Units.orDash(snapshot.checkpointId()),
          Units.orDash(snapshot.sinkId()),
          Units.count(snapshot.addedFiles()),
          Units.count(snapshot.removedFiles()),
          Units.count(snapshot.addedRows()),
          Units.count(snapshot.removedRows()),
          Units.count(snapshot.deletedRows()),
          Units.count(snapshot.liveRows()));
    }
    section(out, "Snapshots, newest first", table, limit);
  }

  private void printCleanUp(PrintWriter out) {
    CleanUp cleanUp = shape.cleanUp();
    out.println();
    out.println("Clean-up");
    Integer expirable = cleanUp.expirableSnapshots();
    Long bytes = cleanUp.expirableBytes();
    out.println(
        expirable == null || bytes == null
            ? "  snapshots are not to be expired (gc.enabled = false)"
            : "  %s could be expired by the table's properties, and %s with them"
                .formatted(Units.many(expirable, "snapshot"), Units.bytes(bytes)));
    out.printf(
        "  %s (%d at most, %s)%n",
        Units.many(cleanUp.previousMetadataFiles(), "older metadata file"),
        cleanUp.maxPreviousMetadataFiles(),
        cleanUp.deletesOldMetadata()
            ? "those beyond are deleted by commits"
            : "those beyond are left in the folder");
    out.printf(
        "  %s in the head, %s%n",
        Units.many(cleanUp.manifests(), "manifest"), Units.bytes(cleanUp.manifestBytes()));
  }

  private static void section(PrintWriter out, String title, TextTable table, int limit) {
    if (table.size() > 0) {
      out.println();
      out.println(title);
      table.print(out, limit);
    }
  }
}
