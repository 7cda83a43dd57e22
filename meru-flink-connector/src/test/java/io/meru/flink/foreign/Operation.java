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

package io.meru.flink.foreign;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What Spark does to the table while the job runs. Expiry comes last: it meets what all left. */
enum Operation {
  INSERT_NEW_KEYS(view -> insert(view, view.newKeys(40))),
  /** Of keys that the table has; the job is writing some of them, too. */
  INSERT_JOBS_KEYS(view -> insert(view, view.jobsKeys(20))),
  /** Of keys that the table does not have and that the job is writing. */
  INSERT_KEYS_THAT_THE_JOB_ADDS(view -> insert(view, view.keysThatTheJobAdds())),

  DELETE_OTHERS_KEYS(view -> delete(view, view.othersKeys(10))),
  DELETE_JOBS_KEYS(view -> delete(view, view.jobsKeys(20))),
  UPDATE_OTHERS_KEYS(view -> update(view, view.othersKeys(10))),
  UPDATE_JOBS_KEYS(view -> update(view, view.jobsKeys(20))),
  MERGE_OTHERS_KEYS(view -> merge(view, view.othersKeys(10))),
  MERGE_JOBS_KEYS(view -> merge(view, view.jobsKeys(20))),

  /** Merges small files and applies deletion vectors. */
  REWRITE_SMALL_FILES(view -> rewrite(view, "options => map('min-input-files', '2')")),
  /** Applies deletion vectors, however few rows they delete. */
  REWRITE_DELETES(
      view ->
          rewrite(
              view,
              "options => map('delete-file-threshold', '1', 'remove-dangling-deletes', 'true')")),
  /** Rewrites everything, sorted. */
  REWRITE_SORTED(
      view ->
          rewrite(
              view,
              "strategy => 'sort', sort_order => 'amount desc', options => map('rewrite-all', 'true')")),
  /** Commits each group of files on its own. */
  REWRITE_PARTIALLY(
      view ->
          rewrite(
              view,
              "options => map('rewrite-all', 'true', 'partial-progress.enabled', 'true',"
                  + " 'max-file-group-size-bytes', '20000')")),
  ADD_COLUMN(
      view ->
          Statement.unchanged(
              "ALTER TABLE %s ADD COLUMN added_%d BIGINT"
                  .formatted(view.table(), view.random().nextLong(1L << 40)))),
  REWRITE_MANIFESTS(view -> call(view, "rewrite_manifests", "")),
  REWRITE_POSITION_DELETES(
      view ->
          call(view, "rewrite_position_delete_files", ", options => map('rewrite-all', 'true')")),
  EXPIRE_SNAPSHOTS(
      view ->
          call(
              view,
              "expire_snapshots",
              ", older_than => %s, retain_last => 1".formatted(view.timestamp())));

  private static final String MANY_VECTORS = "Can't index multiple DVs";

  private final Function<View, Statement> author;

  Operation(Function<View, Statement> author) {
    this.author = author;
  }

  /**
   * What Spark reports, in part, when checkpoints came between its plan and its commit of which two
   * changed the deletion vector of one file; empty if the statement is committed nevertheless.
   *
   * @param copiesFiles whether it writes copy-on-write
   * @param touched whether they changed a file that holds rows of the statement's
   */
  Optional<String> refusal(boolean copiesFiles, boolean touched) {
    return Optional.ofNullable(
        switch (this) {
          case INSERT_NEW_KEYS,
              INSERT_JOBS_KEYS,
              INSERT_KEYS_THAT_THE_JOB_ADDS,
              REWRITE_PARTIALLY,
              REWRITE_POSITION_DELETES,
              EXPIRE_SNAPSHOTS ->
              null;
          case DELETE_OTHERS_KEYS ->
              copiesFiles ? MANY_VECTORS : touched ? "Found concurrently added DV" : null;
          case UPDATE_OTHERS_KEYS -> MANY_VECTORS;
          case DELETE_JOBS_KEYS, UPDATE_JOBS_KEYS ->
              "Found conflicting files that can contain records matching ref(name=\"id\")";
          case MERGE_OTHERS_KEYS, MERGE_JOBS_KEYS ->
              "Found conflicting files that can contain records matching true";
          case REWRITE_SMALL_FILES, REWRITE_DELETES, REWRITE_SORTED ->
              "Cannot commit rewrite because of a ValidationException or CommitFailedException";
          case REWRITE_MANIFESTS -> "Deleted manifest";
          case ADD_COLUMN -> "Table metadata refresh is required";
        });
  }

  /** Whether it writes rows by the table's write modes. */
  boolean dependsOnWriteMode() {
    return switch (this) {
      case DELETE_OTHERS_KEYS,
          DELETE_JOBS_KEYS,
          UPDATE_OTHERS_KEYS,
          UPDATE_JOBS_KEYS,
          MERGE_OTHERS_KEYS,
          MERGE_JOBS_KEYS ->
          true;
      default -> false;
    };
  }

  Statement next(View view) {
    return author.apply(view);
  }

  private static Statement rewrite(View view, String how) {
    return call(view, "rewrite_data_files", ", " + how);
  }

  private static Statement call(View view, String procedure, String arguments) {
    return Statement.unchanged(
        "CALL %s.system.%s(table => 'db.t'%s)".formatted(view.catalog(), procedure, arguments));
  }

  private static Statement delete(View view, List<Long> keys) {
    Set<Long> set = new HashSet<>(keys);
    return new Statement(
        "DELETE FROM %s WHERE id IN %s".formatted(view.table(), View.list(keys)),
        state -> state.delete(row -> set.contains(row.id())));
  }

  private static Statement update(View view, List<Long> keys) {
    Set<Long> set = new HashSet<>(keys);
    return new Statement(
        "UPDATE %s SET amount = -7 - id, name = 'updated' WHERE id IN %s"
            .formatted(view.table(), View.list(keys)),
        state ->
            state.update(
                row -> set.contains(row.id()),
                row -> new TableRow(row.id(), -7 - row.id(), "updated")));
  }

  /** Updates {@code keys}, and adds as many new ones. */
  private static Statement merge(View view, List<Long> keys) {
    List<Long> all = new ArrayList<>(keys);
    all.addAll(view.newKeys(keys.size()));
    Map<Long, TableRow> rows = new HashMap<>();
    all.forEach(key -> rows.put(key, view.othersRow(key)));
    return new Statement(
        ("MERGE INTO %s t USING (SELECT CAST(id AS BIGINT) id, CAST(amount AS BIGINT) amount, name"
                + " FROM VALUES %s AS v(id, amount, name)) s ON t.id = s.id WHEN MATCHED THEN"
                + " UPDATE SET amount = s.amount, name = s.name WHEN NOT MATCHED THEN"
                + " INSERT (id, amount, name) VALUES (s.id, s.amount, s.name)")
            .formatted(view.table(), values(List.copyOf(rows.values()))),
        state ->
            rows.values()
                .forEach(
                    row -> {
                      if (state.of(row.id()).isEmpty()) {
                        state.insert(row);
                      } else {
                        state.update(old -> old.id() == row.id(), old -> row);
                      }
                    }));
  }

  private static Statement insert(View view, List<Long> keys) {
    List<TableRow> rows = keys.stream().map(view::othersRow).toList();
    return new Statement(
        "INSERT INTO %s SELECT *%s FROM VALUES %s"
            .formatted(view.table(), ", NULL".repeat(view.addedColumns()), values(rows)),
        state -> rows.forEach(state::insert));
  }

  private static String values(List<TableRow> rows) {
    return rows.stream()
        .map(row -> "(%d, %d, '%s')".formatted(row.id(), row.amount(), row.name()))
        .collect(Collectors.joining(", "));
  }
}
