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

package io.meru.maintenance;

import static java.util.Objects.requireNonNull;

import io.meru.commit.LocalTable;
import io.meru.commit.MeruProperties;
import io.meru.commit.TableRequirements;
import io.meru.dv.DeletionVectors;
import io.meru.error.CommitConflictException;
import io.meru.error.UnsupportedTableException;
import io.meru.io.TableFiles;
import io.meru.version.DeletionVector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotAncestryValidator;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.TableUtil;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a table's equality deletes and position delete files into deletion vectors, which is what
 * Meru's sink needs of a table. No row is rewritten and every snapshot reads the same rows.
 *
 * <p>Goes over the data files in batches, a commit each: it adds the vectors of the batch and
 * removes the delete files that no further data file needs. Each commit is valid on exactly the
 * snapshot that it was planned on, since a data file that another writer adds with an old sequence
 * number would need the deletes that are removed here. When another writer was faster, what is left
 * is planned anew. It may be stopped at any time, and run again.
 */
public final class DeleteRewrite {
  private static final Logger LOG = LoggerFactory.getLogger(DeleteRewrite.class);

  private static final int MIN_FORMAT_VERSION = 3;

  /**
   * Vectors in one Puffin file, as in the sink's commits: those of a file are replaced together.
   */
  private static final int MAX_VECTORS = 64;

  private final Table table;
  private final Supplier<UUID> ids;

  /**
   * An action on {@code table}, which it refreshes.
   *
   * @param ids for names of files, such as {@code UUID::randomUUID}
   */
  public DeleteRewrite(Table table, Supplier<UUID> ids) {
    this.table = LocalTable.of(table);
    this.ids = ids;
  }

  /**
   * Rewrites until the table has none but deletion vectors.
   *
   * @throws UnsupportedTableException if the table has a format version below 3 and is not to be
   *     upgraded
   * @throws CommitConflictException if other writers were faster again and again; what was
   *     committed stays
   */
  public DeleteRewriteResult run(DeleteRewriteOptions options) {
    table.refresh();
    TableRequirements.checkNotCopied(table, table.name());
    Total total = new Total();
    total.upgraded = upgrade(options);
    int lost = 0;
    OldDeletes deletes = OldDeletes.of(table, table.currentSnapshot());
    while (!deletes.isEmpty()) {
      int before = total.snapshots;
      RuntimeException failure = rewrite(deletes, options, total);
      if (failure != null) {
        lost = total.snapshots > before ? 1 : lost + 1;
        if (lost >= options.maxAttempts()) {
          throw conflict(options, failure);
        }
        LOG.info("Planning the rewrite of table {} anew: {}", table.name(), failure.getMessage());
      }
      table.refresh();
      deletes = OldDeletes.of(table, table.currentSnapshot());
    }
    DeleteRewriteResult result = total.result();
    LOG.info("Rewrote the delete files of table {}: {}", table.name(), result);
    return result;
  }

  /** What {@link #run} would look at now; reads metadata only. */
  public DeleteRewriteResult dryRun(DeleteRewriteOptions options) {
    table.refresh();
    boolean old = TableUtil.formatVersion(table) < MIN_FORMAT_VERSION;
    if (old && !options.upgradeFormat()) {
      throw oldFormat();
    }
    OldDeletes deletes = OldDeletes.of(table, table.currentSnapshot());
    int equality = equalityDeletes(deletes.files());
    return new DeleteRewriteResult(
        true, old, deletes.tasks().size(), 0, 0, 0, equality, deletes.files().size() - equality, 0);
  }

  private boolean upgrade(DeleteRewriteOptions options) {
    if (TableUtil.formatVersion(table) >= MIN_FORMAT_VERSION) {
      return false;
    }
    if (!options.upgradeFormat()) {
      throw oldFormat();
    }
    table
        .updateProperties()
        .set(TableProperties.FORMAT_VERSION, Integer.toString(MIN_FORMAT_VERSION))
        .commit();
    LOG.info("Upgraded table {} to format version {}", table.name(), MIN_FORMAT_VERSION);
    return true;
  }

  private UnsupportedTableException oldFormat() {
    return new UnsupportedTableException(
        ("Cannot rewrite the delete files of table %s: it has format version %d, and deletion vectors"
                + " need %d. Have the rewrite upgrade it, if every reader and writer of the table"
                + " knows version %d.")
            .formatted(
                table.name(),
                TableUtil.formatVersion(table),
                MIN_FORMAT_VERSION,
                MIN_FORMAT_VERSION));
  }

  private CommitConflictException conflict(DeleteRewriteOptions options, RuntimeException failure) {
    return new CommitConflictException(
        ("Cannot rewrite the delete files of table %s: other writers committed while a batch was"
                + " prepared, %d times in a row. Stop them, above all the one that writes equality"
                + " deletes, or make the batches smaller. What was rewritten so far stays.")
            .formatted(table.name(), options.maxAttempts()),
        failure);
  }

  /** Commits batch after batch; returns what stopped it, or null when it came to the end. */
  private @Nullable RuntimeException rewrite(
      OldDeletes deletes, DeleteRewriteOptions options, Total total) {
    Iterator<FileScanTask> tasks = deletes.tasks().iterator();
    do {
      Batch batch = new Batch(requireNonNull(table.currentSnapshot()));
      long rows = 0;
      while (tasks.hasNext() && (batch.tasks.isEmpty() || rows < options.batchRows())) {
        FileScanTask task = tasks.next();
        rows += task.file().recordCount();
        batch.tasks.add(task);
      }
      try {
        batch.commit(deletes.takeDone(batch.tasks), options, total);
      } catch (ValidationException | CommitFailedException e) {
        return e;
      }
    } while (tasks.hasNext());
    return null;
  }

  private static int equalityDeletes(List<DeleteFile> files) {
    return (int)
        files.stream().filter(file -> file.content() == FileContent.EQUALITY_DELETES).count();
  }

  private record Vector(FileScanTask task, DeletionVector positions) {}

  /** Data files whose deletes become vectors in one commit. */
  private final class Batch {
    private final Snapshot parent;
    private final List<FileScanTask> tasks = new ArrayList<>();
    private final List<String> written = new ArrayList<>();

    Batch(Snapshot parent) {
      this.parent = parent;
    }

    void commit(List<DeleteFile> done, DeleteRewriteOptions options, Total total) {
      Map<String, DeletionVector> before = new HashMap<>();
      Map<String, DeletionVector> dead = new HashMap<>();
      for (FileScanTask task : tasks) {
        loadPositions(task, before, dead);
      }
      new EqualityDeletes(table, options.keysInMemory()).find(tasks, dead);
      RowDelta delta = table.newRowDelta().scanManifestsWith(LocalTable.workers(table));
      List<Vector> vectors = new ArrayList<>();
      Total own = new Total();
      for (FileScanTask task : tasks) {
        String path = task.file().location();
        DeletionVector positions = dead.getOrDefault(path, DeletionVector.EMPTY);
        DeletionVector vector = before.getOrDefault(path, DeletionVector.EMPTY);
        own.deletedRows += positions.cardinality() - vector.cardinality();
        boolean same = positions.equals(vector);
        if (!same) {
          task.deletes().stream().filter(ContentFileUtil::isDV).forEach(delta::removeDeletes);
          if (positions.cardinality() == task.file().recordCount()) {
            delta.removeRows(task.file());
            own.droppedFiles++;
          } else {
            vectors.add(new Vector(task, positions));
          }
        }
      }
      done.forEach(delta::removeDeletes);
      try {
        List<DeleteFile> files = write(vectors);
        files.forEach(delta::addDeletes);
        delta
            .validateFromSnapshot(parent.snapshotId())
            .validateDataFilesExist(files.stream().map(DeleteFile::referencedDataFile).toList())
            .validateDeletedFiles()
            .validateWith(onlyOn(parent.snapshotId()));
        delta.set(MeruProperties.JOB, MeruProperties.JOB_REWRITE_DELETES);
        delta.commit();
      } catch (CommitStateUnknownException e) {
        throw e; // the commit may refer to what was written
      } catch (RuntimeException e) {
        discard(e);
        throw e;
      }
      table.refresh();
      own.dataFiles = tasks.size();
      own.vectors = vectors.size();
      own.equalityDeletes = equalityDeletes(done);
      own.positionDeletes = done.size() - own.equalityDeletes;
      own.snapshots = 1;
      total.add(own);
      LOG.info(
          "Rewrote deletes of {} data files of table {}: {} vectors, {} delete files removed",
          tasks.size(),
          table.name(),
          vectors.size(),
          done.size());
    }

    private void loadPositions(
        FileScanTask task, Map<String, DeletionVector> before, Map<String, DeletionVector> dead) {
      List<DeleteFile> positionDeletes =
          task.deletes().stream()
              .filter(file -> file.content() == FileContent.POSITION_DELETES)
              .toList();
      String path = task.file().location();
      DeletionVector positions = DeletionVectors.load(table.io(), positionDeletes, path);
      dead.put(path, positions);
      if (ContentFileUtil.containsSingleDV(positionDeletes)) {
        before.put(path, positions);
      }
    }

    private SnapshotAncestryValidator onlyOn(long parentId) {
      return new SnapshotAncestryValidator() {
        @Override
        public boolean validate(Iterable<Snapshot> ancestry) {
          Iterator<Snapshot> newestFirst = ancestry.iterator();
          return newestFirst.hasNext() && newestFirst.next().snapshotId() == parentId;
        }

        @Override
        public String errorMessage() {
          return "the table has moved on since snapshot " + parentId;
        }
      };
    }

    private List<DeleteFile> write(List<Vector> vectors) {
      List<DeleteFile> files = new ArrayList<>();
      for (int from = 0; from < vectors.size(); from += MAX_VECTORS) {
        List<Vector> group = vectors.subList(from, Math.min(vectors.size(), from + MAX_VECTORS));
        String path =
            table
                .locationProvider()
                .newDataLocation("meru-dv-rewrite-%s.puffin".formatted(ids.get()));
        written.add(path);
        files.addAll(write(path, group));
      }
      return files;
    }

    private List<DeleteFile> write(String path, List<Vector> group) {
      OutputFile output = TableFiles.output(table.io(), path);
      // vectors come with the previous positions merged in: there is nothing to load
      DVFileWriter writer = new BaseDVFileWriter(() -> output, dataFile -> null);
      try (writer) {
        for (Vector vector : group) {
          DeletionVectors.write(
              writer,
              vector.task().file().location(),
              vector.positions(),
              vector.task().spec(),
              vector.task().file().partition());
        }
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot write deletion vectors to " + path, e);
      }
      return writer.result().deleteFiles();
    }

    private void discard(RuntimeException failure) {
      for (String path : written) {
        try {
          TableFiles.delete(table.io(), path);
        } catch (RuntimeException e) {
          failure.addSuppressed(e);
        }
      }
    }
  }

  private static final class Total {
    private boolean upgraded;
    private int dataFiles;
    private int vectors;
    private int droppedFiles;
    private long deletedRows;
    private int equalityDeletes;
    private int positionDeletes;
    private int snapshots;

    void add(Total that) {
      dataFiles += that.dataFiles;
      vectors += that.vectors;
      droppedFiles += that.droppedFiles;
      deletedRows += that.deletedRows;
      equalityDeletes += that.equalityDeletes;
      positionDeletes += that.positionDeletes;
      snapshots += that.snapshots;
    }

    DeleteRewriteResult result() {
      return new DeleteRewriteResult(
          false,
          upgraded,
          dataFiles,
          vectors,
          droppedFiles,
          deletedRows,
          equalityDeletes,
          positionDeletes,
          snapshots);
    }
  }
}
