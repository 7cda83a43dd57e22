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

package io.meru.benchmarks.e2e;

import java.io.Serializable;

/**
 * A sequence of operations that is a function of these fields alone: operation {@code n} changes
 * key {@link #keyIndex} and carries {@code n} as its version. The first {@code keys} operations
 * load each key once, in {@code loadCommits} equal batches; then follow {@code updateCommits}
 * batches of {@code rowsPerCommit} updates.
 *
 * <p>Operation {@code n} belongs to lane {@code n % lanes} and only touches keys of that lane, so
 * that source subtasks may run side by side and the outcome is still one.
 *
 * @param name as the report shows it
 * @param keyType type of the primary key
 * @param keys number of keys loaded
 * @param loadCommits batches of the load
 * @param updateCommits batches of updates
 * @param rowsPerCommit operations of one batch of updates
 * @param skewed whether keys are drawn by Zipf's law (exponent 1, in octaves) instead of uniformly
 * @param deletePercent share of updates that are deletes
 * @param lanes number of lanes; divides keys per load commit, and rows per commit
 */
public record Workload(
    String name,
    KeyType keyType,
    int keys,
    int loadCommits,
    int updateCommits,
    int rowsPerCommit,
    boolean skewed,
    int deletePercent,
    int lanes)
    implements Serializable {

  /** Type of the key column. */
  public enum KeyType {
    /** 40 bits, scattered. */
    BIGINT,
    /** 36 characters, as a UUID prints. */
    UUID_STRING
  }

  /** Checks that batches divide evenly. */
  public Workload {
    if (keys % (loadCommits * lanes) != 0 || rowsPerCommit % lanes != 0) {
      throw new IllegalArgumentException(
          "Workload %s: %d keys in %d commits and %d rows per commit do not divide by %d lanes"
              .formatted(name, keys, loadCommits, rowsPerCommit, lanes));
    }
  }

  /**
   * The batch at place {@code place} of a run without end, in which the updates begin anew after
   * the last of them.
   */
  int batchAt(int place) {
    return place < batches() || updateCommits == 0
        ? place
        : loadCommits + (place - loadCommits) % updateCommits;
  }

  /** Operations of the first {@code places} batches of a run without end. */
  long operations(int places) {
    return places <= loadCommits
        ? firstOperation(places)
        : keys + (long) (places - loadCommits) * rowsPerCommit;
  }

  /** The same kind of workload with at most {@code maxKeys} keys and so many updates. */
  Workload shortened(int maxKeys, int commits) {
    int fewer = Math.min(keys, maxKeys);
    return new Workload(
        name, keyType, fewer, loadCommits, commits, rowsPerCommit, skewed, deletePercent, lanes);
  }

  /** Number of batches, the load's included. */
  public int batches() {
    return loadCommits + updateCommits;
  }

  /** First operation of batch {@code batch}; that of {@code batches()} is the number of all. */
  public int firstOperation(int batch) {
    return batch <= loadCommits
        ? batch * (keys / loadCommits)
        : keys + (batch - loadCommits) * rowsPerCommit;
  }

  /** Number of operations of batch {@code batch}. */
  public int size(int batch) {
    return firstOperation(batch + 1) - firstOperation(batch);
  }

  /** The key that operation {@code n} changes, in [0, keys). */
  public int keyIndex(int n) {
    if (n < keys) {
      return n;
    }
    int perLane = keys / lanes;
    long random = Bits.mix(n);
    int inLane = skewed ? zipf(random, perLane) : Bits.below(random, perLane);
    return inLane * lanes + n % lanes;
  }

  /** Whether operation {@code n} deletes its key. */
  public boolean isDelete(int n) {
    return deletePercent > 0 && n >= keys && Bits.below(Bits.mix(~(long) n), 100) < deletePercent;
  }

  /**
   * For each key the last operation that put it, or -1 where it is deleted, after {@code batches}
   * batches; more than there are if updates began anew.
   */
  public int[] expectedVersions(int batches) {
    int[] versions = new int[keys];
    put(versions, 0, firstOperation(Math.min(batches, batches())));
    if (batches > batches()) {
      put(versions, keys, firstOperation(batchAt(batches - 1) + 1));
    }
    return versions;
  }

  private void put(int[] versions, int from, int until) {
    for (int n = from; n < until; n++) {
      versions[keyIndex(n)] = isDelete(n) ? -1 : n;
    }
  }

  /** An octave uniformly, then a rank in it uniformly: density falls with 1/rank. */
  private static int zipf(long random, int bound) {
    int octaves = 32 - Integer.numberOfLeadingZeros(bound - 1);
    int start = 1 << Bits.below(random, octaves);
    int rank = start - 1 + (int) (Bits.mix(random) & (start - 1));
    // Scattered, so that hot keys do not lie side by side in the load's files.
    return (int) ((rank % bound * 2_654_435_761L) % bound);
  }
}
