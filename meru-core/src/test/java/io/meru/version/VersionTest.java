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

package io.meru.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.key.KeyList;
import io.meru.version.Version.LiveFile;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.junit.jupiter.api.Test;

class VersionTest {
  @Test
  void finds_files_by_path() {
    Version version = Version.of(7, List.of(live("a", 3), live("b", 2, 1)));
    assertThat(version.snapshotId()).isEqualTo(7);
    assertThat(version.files()).containsExactlyInAnyOrder(live("a", 3), live("b", 2, 1));
    assertThat(version.file("b")).contains(live("b", 2, 1));
    assertThat(version.file("c")).isEmpty();
  }

  @Test
  void refuses_a_file_given_twice() {
    assertThatThrownBy(() -> Version.of(7, List.of(live("a", 3), live("a", 3, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A version holds each file once but got a twice");
  }

  @Test
  void an_edit_adds_files_and_merges_deletions_in_old_and_new_files() {
    Version before = Version.of(7, List.of(live("a", 3, 0), live("b", 2)));
    Version after =
        before.apply(
            edit(
                List.of(file("c", 4), file("d", 1)),
                Map.of("a", DeletionVector.of(2), "c", DeletionVector.of(0, 3))));

    assertThat(after.snapshotId()).isEqualTo(7);
    assertThat(after.files())
        .containsExactlyInAnyOrder(
            live("a", 3, 0, 2), live("b", 2), live("c", 4, 0, 3), live("d", 1));
    assertThat(before.files()).containsExactlyInAnyOrder(live("a", 3, 0), live("b", 2));
  }

  @Test
  void a_file_without_live_rows_leaves() {
    Version version = Version.of(7, List.of(live("a", 3, 0), live("b", 2)));
    Version after =
        version.apply(
            edit(
                List.of(file("c", 1)),
                Map.of("a", DeletionVector.of(1, 2), "c", DeletionVector.of(0))));
    assertThat(after.files()).containsExactly(live("b", 2));
  }

  @Test
  void deletions_of_unknown_files_are_ignored() {
    Version version = Version.of(7, List.of(live("a", 3)));
    assertThat(version.apply(edit(List.of(), Map.of("x", DeletionVector.of(1)))).files())
        .containsExactly(live("a", 3));
  }

  @Test
  void a_file_added_again_keeps_its_deletions() {
    Version version = Version.of(7, List.of(live("a", 3, 1)));
    assertThat(version.apply(edit(List.of(file("a", 3)), Map.of())).files())
        .containsExactly(live("a", 3, 1));
  }

  @Test
  void refuses_a_position_beyond_the_file() {
    Version version = Version.of(7, List.of(live("a", 3)));
    assertThatThrownBy(() -> version.apply(edit(List.of(), Map.of("a", DeletionVector.of(3)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot delete position 3 of a: the file has 3 rows");
  }

  private static VersionEdit edit(List<TableFile> added, Map<String, DeletionVector> deletions) {
    List<AddedFile> files =
        added.stream().map(file -> new AddedFile(file, new Metrics(), List.of(), 0)).toList();
    return new VersionEdit(new UUID(1, 2), 7, files, deletions, KeyList.EMPTY);
  }

  private static LiveFile live(String path, long rows, long... deleted) {
    return new LiveFile(file(path, rows), DeletionVector.of(deleted));
  }

  private static TableFile file(String path, long rows) {
    return new TableFile(path, 100, rows, PartitionTuple.unpartitioned(0), null, 0, -1);
  }
}
