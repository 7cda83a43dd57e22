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

/**
 * How a rewrite of delete files goes about it.
 *
 * @param upgradeFormat whether a table of format version 2 is made one of version 3 first. Every
 *     reader and writer must know v3; there is no way back
 * @param batchRows rows of data files whose deletion vectors are made in one commit; a vector takes
 *     a bit per row at most
 * @param keysInMemory equality deletes in memory at a time, some 200 bytes each. Where there are
 *     more, the key columns of the data files are read once for each so many
 * @param maxAttempts commits in a row that may lose their race before the rewrite gives up
 */
public record DeleteRewriteOptions(
    boolean upgradeFormat, long batchRows, int keysInMemory, int maxAttempts) {
  /** No upgrade; 60 MB of vectors, 400 MB of keys at most. */
  public static final DeleteRewriteOptions DEFAULTS =
      new DeleteRewriteOptions(false, 500_000_000, 2_000_000, 10);

  /** Refuses numbers below 1. */
  public DeleteRewriteOptions {
    if (batchRows < 1 || keysInMemory < 1 || maxAttempts < 1) {
      throw new IllegalArgumentException(
          "Rows of a batch, keys in memory and attempts must be 1 or more but were %d, %d and %d"
              .formatted(batchRows, keysInMemory, maxAttempts));
    }
  }

  /** The same, with an upgrade of the format where it is needed. */
  public DeleteRewriteOptions withUpgrade() {
    return new DeleteRewriteOptions(true, batchRows, keysInMemory, maxAttempts);
  }
}
