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

package io.meru.commit;

import io.meru.version.Version;
import java.util.function.BooleanSupplier;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotAncestryValidator;
import org.apache.iceberg.exceptions.CommitStateUnknownException;

/**
 * Lets a commit through only onto the snapshot that it was planned on. Iceberg retries a lost race
 * by itself on refreshed metadata, where its own checks would not notice that another writer has
 * just inserted one of our keys; this check sends every lost race back to the planner.
 */
final class ExactParent implements SnapshotAncestryValidator {
  private final long parentId;
  private final String commitId;
  private final BooleanSupplier allowed;

  /**
   * A check for one commit.
   *
   * @param parentId the snapshot planned on, {@link Version#NO_SNAPSHOT} for none
   * @param commitId what the commit calls itself in its summary
   * @param allowed looks at the transaction's own table: not yet committed, not fenced
   */
  ExactParent(long parentId, String commitId, BooleanSupplier allowed) {
    this.parentId = parentId;
    this.commitId = commitId;
    this.allowed = allowed;
  }

  @Override
  public boolean validate(Iterable<Snapshot> ancestry) {
    boolean first = true;
    for (Snapshot snapshot : ancestry) {
      if (snapshot.snapshotId() == parentId) {
        return first && allowed.getAsBoolean();
      }
      checkNotThisCommit(snapshot);
      first = false;
    }
    return first && parentId == Version.NO_SNAPSHOT && allowed.getAsBoolean();
  }

  /**
   * A catalog may report failure after a success (a proxy that repeats a request does). Any other
   * exception would make Iceberg delete the manifests of this very snapshot; this one makes it
   * delete nothing, and the committer look again.
   */
  private void checkNotThisCommit(Snapshot snapshot) {
    if (commitId.equals(snapshot.summary().get(MeruProperties.COMMIT_ID))) {
      throw new CommitStateUnknownException(
          new IllegalStateException(
              "Snapshot %d holds commit %s already, although an attempt at it was reported failed"
                  .formatted(snapshot.snapshotId(), commitId)));
    }
  }

  @Override
  public String errorMessage() {
    return parentId == Version.NO_SNAPSHOT
        ? "the table got its first snapshot since the commit was planned"
        : "the table has moved on since the commit was planned on snapshot " + parentId;
  }
}
