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

import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NotAuthorizedException;
import org.apache.iceberg.exceptions.RuntimeIOException;

/** What a catalog is to do wrong, and what others do at which moment. */
public final class Faults {
  /** What becomes of a commit. */
  public enum Kind {
    /** It goes through and is said to. */
    NONE,
    /** It does not go through and is said not to. */
    FAIL,
    /** It goes through and is said not to: what no catalog should do. */
    LIE,
    /** It goes through, is repeated by somebody, and the answer is that of the second time. */
    REPEATED_WITH_OLD_TOKEN,
    /** It goes through, and nobody says so. */
    UNKNOWN_DONE,
    /** It does not go through, and nobody says so. */
    UNKNOWN_LOST
  }

  private final Deque<Kind> commits = new ArrayDeque<>();
  private Runnable beforeCommit = () -> {};
  private Runnable beforeEachSnapshot = () -> {};
  private int refreshesUntilAction = Integer.MAX_VALUE;
  private Runnable action = () -> {};
  private int failingRefreshes;
  private int refreshes;

  /** The next commits meet these fates, one each. */
  public Faults commits(Kind... kinds) {
    commits.addAll(java.util.List.of(kinds));
    return this;
  }

  /** Runs {@code others} once, right before the next commit reaches the catalog. */
  public Faults beforeCommit(Runnable others) {
    beforeCommit = others;
    return this;
  }

  /** Runs {@code others} each time, right before a commit of a snapshot reaches the catalog. */
  public Faults beforeEachSnapshot(Runnable others) {
    beforeEachSnapshot = others;
    return this;
  }

  /**
   * Runs {@code others} once, at a moment of a commit: before its transaction begins (0), before it
   * looks for changes (1), before the catalog swaps the metadata (2).
   */
  public void at(int moment, Runnable others) {
    if (moment == 2) {
      beforeCommit(others);
    } else {
      beforeRefresh(moment, others);
    }
  }

  /** Runs {@code others} once, right before a refresh, after {@code count} more. */
  public void beforeRefresh(int count, Runnable others) {
    refreshesUntilAction = count;
    action = others;
  }

  /** What has not happened yet does not. */
  public void reset() {
    commits.clear();
    beforeCommit = () -> {};
    refreshesUntilAction = Integer.MAX_VALUE;
    failingRefreshes = 0;
  }

  /** The next refreshes fail. */
  public Faults failRefreshes(int count) {
    failingRefreshes = count;
    return this;
  }

  /** Refreshes seen so far. */
  public int refreshes() {
    return refreshes;
  }

  void onRefresh() {
    refreshes++;
    if (refreshesUntilAction-- == 0) {
      action.run();
    }
    if (failingRefreshes > 0) {
      failingRefreshes--;
      throw new RuntimeIOException("catalog does not answer");
    }
  }

  void onCommit(boolean addsSnapshot, Runnable commit) {
    if (addsSnapshot) {
      beforeEachSnapshot.run();
    }
    Runnable others = beforeCommit;
    beforeCommit = () -> {};
    others.run();
    Kind kind = commits.isEmpty() ? Kind.NONE : commits.poll();
    if (kind != Kind.FAIL && kind != Kind.UNKNOWN_LOST) {
      commit.run();
    }
    switch (kind) {
      case FAIL, LIE -> throw new CommitFailedException("catalog says no");
      case REPEATED_WITH_OLD_TOKEN -> throw new NotAuthorizedException("token has expired");
      case UNKNOWN_DONE, UNKNOWN_LOST ->
          throw new CommitStateUnknownException(new RuntimeIOException("connection lost"));
      case NONE -> {}
    }
  }
}
