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

import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.Transactions;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ValidationException;

/**
 * A table's operations by which no commit fails that has taken effect. A catalog may say so: a
 * proxy repeats a request, and the second is answered with a conflict, or with a refusal because
 * its token has run out. Iceberg would then delete the manifests of a live snapshot. Here the
 * commit's state is unknown instead, so that nothing is deleted and the committer looks again.
 *
 * <p>A race lost to another snapshot fails as a {@link ValidationException} at once. Iceberg would
 * wait, apply the changes to what the winner left, and find only then that they no longer fit: time
 * in which the committer could have planned anew. What else was committed, properties say, leaves
 * the plan as good as it was, and Iceberg applies it again.
 */
final class HonestOperations extends ForwardingOperations {
  private HonestOperations(TableOperations operations) {
    super(operations);
  }

  /** A transaction on {@code table}, which is refreshed. */
  static Transaction newTransaction(Table table) {
    if (!(table instanceof BaseTable base)) {
      return table.newTransaction(); // it does not say what its operations are
    }
    return Transactions.newTransaction(
        base.name(), new HonestOperations(base.operations()), base.reporter());
  }

  @Override
  public void commit(TableMetadata base, TableMetadata metadata) {
    try {
      super.commit(base, metadata);
    } catch (CommitStateUnknownException e) {
      throw e;
    } catch (RuntimeException e) {
      throw afterALook(base, metadata.currentSnapshot().snapshotId(), e);
    }
  }

  private RuntimeException afterALook(TableMetadata base, long snapshotId, RuntimeException e) {
    TableMetadata now;
    try {
      now = refresh();
    } catch (RuntimeException refreshFailure) {
      e.addSuppressed(refreshFailure);
      return new CommitStateUnknownException(e);
    }
    if (now.snapshot(snapshotId) != null) {
      return new CommitStateUnknownException(e);
    }
    boolean lostRace = Head.id(now.currentSnapshot()) != Head.id(base.currentSnapshot());
    return e instanceof CommitFailedException && lostRace
        ? new ValidationException(e, "Another commit came first")
        : e;
  }
}
