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

package io.meru.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expressions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An audit that finds nothing says something only if it would have found what is wrong. */
class SnapshotAuditTest {
  private static final Workload WORKLOAD = new Workload(5, 20);

  @TempDir Path folder;

  private final Violations violations = new Violations();
  private final SnapshotAudit audit = new SnapshotAudit(WORKLOAD, true, violations);
  private FaultTable table;
  private int checkpoint;

  @BeforeEach
  void createTable() {
    table = FaultTable.create(folder);
  }

  @AfterEach
  void closeTable() throws Exception {
    table.close();
  }

  @Test
  void aRunWithoutFaultsIsFine() throws Exception {
    commit(new Marker("a", 0, 10), after(10));
    commit(new Marker("a", 0, 30), after(30));

    assertFound();
    audit.checkEnd(table.load());
    assertThat(violations.all()).isEmpty();
    assertThat(audit.commits()).isEqualTo(2);
    assertThat(audit.changes()).isEqualTo(31);
  }

  @Test
  void anAttemptThatStartsBehindRepeatsItsChanges() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    Model repeated = model(30);
    repeated.apply(11, 20);
    commit(new Marker("b", 11, 20), repeated.rows());

    assertFound();
    assertThat(audit.highest()).isEqualTo(30);
  }

  @Test
  void aKeyTwiceIsFound() throws Exception {
    List<Row> rows = new ArrayList<>(after(30));
    rows.add(rows.get(0));
    commit(new Marker("a", 0, 30), rows);

    assertFound("1 keys differ");
  }

  @Test
  void aLostRowIsFound() throws Exception {
    commit(new Marker("a", 0, 30), after(30).subList(1, after(30).size()));

    assertFound("1 keys differ");
  }

  @Test
  void aStaleRowIsFound() throws Exception {
    commit(new Marker("a", 0, 60), after(30));

    assertFound("keys differ");
  }

  @Test
  void changesThatNoAttemptWroteAreFound() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    commit(new Marker("b", 40, 40), after(40));

    assertFound("those from 31 on are lost", "keys differ");
  }

  @Test
  void anAttemptThatCommitsAfterItsSuccessorIsFound() throws Exception {
    commit(new Marker("a", 0, 10), after(10));
    commit(new Marker("b", 11, 20), after(20));
    commit(new Marker("a", 21, 30), after(30));

    assertFound("which had a successor");
  }

  @Test
  void aCheckpointCommittedTwiceIsFound() throws Exception {
    commit(new Marker("a", 0, 10), after(10));
    checkpoint--;
    commit(new Marker("a", 0, 20), after(20));

    assertFound("commits run run, checkpoint 1 a second time");
  }

  @Test
  void aCommitThatVanishedIsFound() throws Exception {
    commit(new Marker("a", 0, 10), after(10));
    commit(new Marker("a", 0, 20), after(20));
    assertFound();
    Table now = table.load();
    now.manageSnapshots().rollbackTo(now.currentSnapshot().parentId()).commit();

    assertFound("is no longer in the table's history");
  }

  @Test
  void anAppendOfOthersIsHeldAgainstTheTableWhereBarriersOvertakeRows() throws Exception {
    SnapshotAudit unaligned = new SnapshotAudit(WORKLOAD, false, violations);
    commit(new Marker("a", 0, 60), after(30)); // the marker has overtaken 31 to 60
    Table now = table.load();
    now.newAppend().appendFile(OtherWriter.write(now, List.of(new Row(1, 5, "others")))).commit();

    unaligned.advance(table.load());

    assertThat(violations.all()).isEmpty();
    assertThat(unaligned.foreignCommits()).isEqualTo(1);
  }

  @Test
  void twoJobsThatGiveTheSameChangesAreFine() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    assertFound();
    audit.beginFork();
    Model history = model(30);
    history.apply(31, 40);
    commit("sink", new Marker("a", 0, 40), history.rows());
    history.apply(31, 35); // older rows over newer ones
    commit("fork", new Marker("b", 31, 35), history.rows());
    history.apply(41, 50);
    commit("sink", new Marker("a", 0, 50), history.rows());
    assertFound();
    assertThat(audit.position("sink")).isEqualTo(50);
    assertThat(audit.position("fork")).isEqualTo(35);
    assertThat(audit.commitsOf("fork")).isEqualTo(1);

    audit.endFork("fork");
    history.apply(36, 45);
    commit("fork", new Marker("c", 36, 45), history.rows());
    commit("fork", new Marker("c", 36, 60), after(60));
    commit("fork", new Marker("c", 36, 70), after(70));

    assertFound();
    audit.checkEnd(table.load());
    assertThat(violations.all()).isEmpty();
  }

  @Test
  void aKeyTwiceIsFoundWhileTwoJobsWrite() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    assertFound();
    audit.beginFork();
    List<Row> rows = new ArrayList<>(after(35));
    rows.add(rows.get(0).id() == Workload.MARKER_KEY ? rows.get(1) : rows.get(0));
    commit("fork", new Marker("b", 31, 35), rows);

    assertFound("1 keys differ");
  }

  @Test
  void aCheckpointOfOneOfTwoJobsThatIsLostIsFound() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    assertFound();
    audit.beginFork();
    commit("fork", new Marker("b", 31, 35), after(35));
    commit("sink", new Marker("a", 0, 50), without(36, 40, after(50)));
    commit("sink", new Marker("a", 0, 60), without(36, 40, after(60)));

    assertFound("keys differ"); // once: what is wrong in a snapshot is not that of the next
  }

  @Test
  void changesThatAForkSkipsAreFound() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    assertFound();
    audit.beginFork();
    commit("fork", new Marker("b", 33, 35), after(35));

    assertFound("those from 31 on are lost", "keys differ");
  }

  @Test
  void aRowThatStaysOldAfterTwoJobsIsFound() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    assertFound();
    audit.beginFork();
    commit("sink", new Marker("a", 0, 50), after(50));
    Model history = model(50);
    history.apply(31, 35);
    commit("fork", new Marker("b", 31, 35), history.rows());
    assertFound();
    audit.endFork("fork");
    commit("fork", new Marker("c", 36, 60), after(40));

    assertFound("keys differ", "is not what both jobs have given");
  }

  @Test
  void keysOfOthersCountForThemselvesWhereBarriersOvertakeRows() throws Exception {
    SnapshotAudit unaligned = new SnapshotAudit(WORKLOAD, false, violations);
    unaligned.othersKeys().add(1L);
    List<Row> rows = new ArrayList<>(after(30));
    rows.add(new Row(1, -1, "another writer's"));
    commit(new Marker("a", 0, 30), rows);

    unaligned.advance(table.load());

    assertThat(violations.all()).isEmpty();
  }

  @Test
  void keysOfOthersAreHeldAgainstTheHistoryAtTheEndToo() throws Exception {
    commit(new Marker("a", 0, 30), after(30));
    Table now = table.load();
    Row others = new Row(1, -1, "others");
    audit.othersKeys().add(1L);
    now.newAppend().appendFile(OtherWriter.write(now, List.of(others))).commit();
    assertFound();
    audit.checkEnd(table.load()); // nothing has replaced it yet
    assertThat(violations.all()).isEmpty();

    Model all = new Model(WORKLOAD);
    all.apply(0, 90); // key 1 among them
    commit(new Marker("a", 0, 90), all.rows());
    assertFound();
    now = table.load();
    now.newAppend().appendFile(OtherWriter.write(now, List.of(others))).commit();
    audit.checkEnd(table.load());

    assertThat(violations.all()).singleElement().asString().contains("1 keys differ");
  }

  private void assertFound(String... expected) {
    audit.advance(table.load());
    assertThat(violations.all()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(violations.all().get(i)).contains(expected[i]);
    }
  }

  /** The rows but those of changes from {@code first} to {@code last}: as if these were lost. */
  private static List<Row> without(long first, long last, List<Row> rows) {
    return rows.stream().filter(row -> row.n() < first || row.n() > last).toList();
  }

  private static List<Row> after(long n) {
    return model(n).rows();
  }

  private static Model model(long n) {
    Model model = new Model(WORKLOAD);
    model.apply(0, n);
    return model;
  }

  /** A snapshot, as if by Meru, in which the table has just these rows. */
  private void commit(Marker marker, List<Row> rows) throws Exception {
    commit("sink", marker, rows);
  }

  private void commit(String sinkId, Marker marker, List<Row> rows) throws Exception {
    Table now = table.load();
    List<Row> all = new ArrayList<>(rows);
    all.removeIf(row -> row.id() == Workload.MARKER_KEY);
    all.add(marker.toRow());
    OverwriteFiles overwrite =
        now.newOverwrite()
            .overwriteByRowFilter(Expressions.alwaysTrue())
            .addFile(OtherWriter.write(now, all));
    summary(sinkId).forEach(overwrite::set);
    overwrite.commit();
  }

  private Map<String, String> summary(String sinkId) {
    checkpoint++;
    Map<String, String> summary = new HashMap<>();
    summary.put("meru.job", "flush");
    summary.put("meru.commit-id", "commit-" + System.nanoTime());
    summary.put("meru.run-id", "run");
    summary.put("meru.checkpoint-id", Integer.toString(checkpoint));
    summary.put("meru.generation", "1");
    summary.put("meru.sink-id", sinkId);
    return summary;
  }
}
