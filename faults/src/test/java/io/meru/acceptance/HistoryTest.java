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

package io.meru.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.OutputFileFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A check that finds nothing says something only if it would have found what is wrong. */
class HistoryTest {
  private static final Item OTHERS = new Item(1_000, 1, "north", 0, "of another");

  @TempDir Path folder;

  private final List<String> violations = new ArrayList<>();
  private Table table;
  private int checkpoint;

  @BeforeEach
  void createTable() {
    table = TestCatalog.createTable(folder);
  }

  @Test
  void aTableThatFollowsTheChangesIsFine() {
    flush(new Marker("a", 0, 10), after(10));
    flush(new Marker("a", 0, 60), after(60));
    ItemTable.append(table, OTHERS);
    flush(new Marker("b", 61, 70), with(after(70), OTHERS));

    History history = check();
    history.checkEnd(List.of(OTHERS));
    assertThat(violations).isEmpty();
    assertThat(history.flushes()).isEqualTo(3);
    assertThat(history.others()).isEqualTo(1);
    assertThat(history.attempts()).isEqualTo(2);
  }

  @Test
  void anAttemptThatStartsBehindRepeatsItsChanges() {
    flush(new Marker("a", 0, 60), after(60));
    ItemModel repeated = model(60);
    repeated.apply(11, 20);
    flush(new Marker("b", 11, 20), repeated.items());

    check();
    assertThat(violations).isEmpty();
  }

  @Test
  void aJobThatDoesNotCatchUpIsFound() {
    flush(new Marker("a", 0, 60), after(60));
    ItemModel repeated = model(60);
    repeated.apply(11, 20);
    flush(new Marker("b", 11, 20), repeated.items());

    check().checkEnd(List.of());
    assertFound("The job ended at change 20, before 60", "At the end, after change 20");
  }

  @Test
  void aKeyTwiceIsFound() {
    flush(new Marker("a", 0, 60), with(after(60), after(60).get(0)));

    check();
    assertFound("1 keys differ");
  }

  @Test
  void aLostRowIsFound() {
    flush(new Marker("a", 0, 60), after(60).subList(1, after(60).size()));

    check();
    assertFound("1 keys differ");
  }

  @Test
  void staleRowsAreFound() {
    flush(new Marker("a", 0, 60), after(30));

    check();
    assertFound("keys differ");
  }

  @Test
  void changesThatNoAttemptWroteAreFound() {
    flush(new Marker("a", 0, 30), after(30));
    flush(new Marker("b", 40, 40), after(40));

    check();
    assertFound("those from 31 on are lost", "keys differ");
  }

  @Test
  void anAttemptThatCommitsAfterItsSuccessorIsFound() {
    flush(new Marker("a", 0, 10), after(10));
    flush(new Marker("b", 11, 20), after(20));
    flush(new Marker("a", 21, 30), after(30));

    check();
    assertFound("which had a successor");
  }

  @Test
  void aCheckpointCommittedTwiceIsFound() {
    flush(new Marker("a", 0, 10), after(10));
    checkpoint--;
    flush(new Marker("a", 0, 20), after(20));

    check();
    assertFound("commits checkpoint 1 after 1", "has the commit id of an earlier one");
  }

  @Test
  void aMarkerOfAnotherWriterThatStaysIsFound() {
    flush(new Marker("a", 0, 10), after(10));
    ItemTable.append(table, new Marker("x", 0, 5).toItem());
    flush(new Marker("a", 0, 20), with(after(20), new Marker("x", 0, 5).toItem()));

    check();
    assertFound("has 2 marker rows", "keys differ");
  }

  @Test
  void anAppendOfAnotherThatTakesRowsAwayIsFound() {
    flush(new Marker("a", 0, 60), after(60));
    overwrite(with(after(60).subList(1, after(60).size()), new Marker("a", 0, 60).toItem()))
        .commit();

    check();
    assertFound("adds 0 rows, its summary says", "keys differ");
  }

  @Test
  void deletesOfAnotherAreFound() throws Exception {
    flush(new Marker("a", 0, 60), after(60));
    table.newRowDelta().addDeletes(vector(0)).commit();

    check();
    assertFound("keys differ");
  }

  /** Iceberg accepts a second vector that replaces none, and then refuses to read the table. */
  @Test
  void twoVectorsOnOneFileAreFound() throws Exception {
    flush(new Marker("a", 0, 60), after(60));
    table.newRowDelta().addDeletes(vector(0)).commit();
    long head = table.currentSnapshot().snapshotId();
    table.newRowDelta().addDeletes(vector(1)).validateFromSnapshot(head).commit();

    assertThatThrownBy(this::check).hasMessageContaining("multiple DVs");
  }

  /** A vector that deletes one row of the only data file. */
  private DeleteFile vector(long position) throws Exception {
    DVFileWriter writer =
        new BaseDVFileWriter(
            OutputFileFactory.builderFor(table, 1, position).format(FileFormat.PUFFIN).build(),
            path -> null);
    Snapshot first = table.snapshots().iterator().next();
    DataFile file = first.addedDataFiles(table.io()).iterator().next();
    try (writer) {
      writer.delete(file.location(), position, PartitionSpec.unpartitioned(), null);
    }
    return writer.result().deleteFiles().get(0);
  }

  private History check() {
    table.refresh();
    History history = new History(table, violations);
    history.check();
    return history;
  }

  private void assertFound(String... texts) {
    for (String text : texts) {
      assertThat(violations).anySatisfy(violation -> assertThat(violation).contains(text));
    }
  }

  /** A commit as the job makes it, of a table that holds {@code items} and the marker. */
  private void flush(Marker marker, List<Item> items) {
    checkpoint++;
    overwrite(with(items, marker.toItem()))
        .set("meru.job", "flush")
        .set("meru.run-id", "run")
        .set("meru.checkpoint-id", Integer.toString(checkpoint))
        .set("meru.commit-id", "commit-" + checkpoint)
        .commit();
  }

  private OverwriteFiles overwrite(List<Item> items) {
    return table
        .newOverwrite()
        .overwriteByRowFilter(Expressions.alwaysTrue())
        .addFile(ItemTable.write(table, items));
  }

  private static List<Item> with(List<Item> items, Item... more) {
    List<Item> all = new ArrayList<>(items);
    all.addAll(Arrays.asList(more));
    return all;
  }

  private static ItemModel model(long last) {
    ItemModel model = new ItemModel();
    model.apply(0, last);
    return model;
  }

  private static List<Item> after(long last) {
    return model(last).items();
  }
}
