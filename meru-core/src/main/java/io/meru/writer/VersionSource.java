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

package io.meru.writer;

import io.meru.version.Lineage;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * Where a writer learns what has become of the table. Used by one thread at a time; may do I/O.
 * {@code io.meru.commit.TableVersionSource} is the real one.
 */
public interface VersionSource {
  /**
   * Reads the head that the last poll saw, the present one before the first poll: every file that
   * may hold keys of the writer's hash range.
   */
  Version load();

  /**
   * Looks at the table's metadata.
   *
   * @param seenSnapshotId the head at the last load or poll
   * @param pending the edits with changes that this writer has handed out and not yet seen
   *     committed, by checkpoint id and without the keys of their deletes; of those without files,
   *     the latest 1,000. They also tell which run the writer belongs to: the one that commits one
   *     of them
   */
  Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> pending);

  /**
   * What a poll found.
   *
   * @param headSnapshotId the table's head now
   * @param onlyOwn whether every snapshot since the last look is a claim or a commit of this
   *     writer's own run; otherwise the writer has to load
   * @param committedThrough the highest checkpoint of the own run seen committed, or -1. A load
   *     after this poll shows this and all before it.
   * @param lineages of the files of pending edits that were seen committed, by path; incomplete
   *     unless {@code onlyOwn}
   * @param dropped files with rows of other writers of the run that its commits have removed since
   *     the last look, by path: no row of this writer is live in them. Incomplete unless {@code
   *     onlyOwn}
   */
  record Poll(
      long headSnapshotId,
      boolean onlyOwn,
      long committedThrough,
      Map<String, Lineage> lineages,
      Set<String> dropped) {}
}
