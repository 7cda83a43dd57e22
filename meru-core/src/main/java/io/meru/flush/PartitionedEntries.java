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

package io.meru.flush;

import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import java.util.List;
import java.util.function.Predicate;

/**
 * The entries of a sealed memtable by partition.
 *
 * @param partitions the partitions that the puts fall into
 * @param selection indexes of the puts, partition by partition, ascending within each
 * @param ends where each partition's part of {@code selection} ends, exclusive
 * @param candidates whether a file may hold keys of these entries, as far as its partition tells
 */
record PartitionedEntries(
    List<PartitionTuple> partitions, int[] selection, int[] ends, Predicate<TableFile> candidates) {

  /** Where partition {@code p}'s part of the selection starts. */
  int start(int p) {
    return p == 0 ? 0 : ends[p - 1];
  }
}
