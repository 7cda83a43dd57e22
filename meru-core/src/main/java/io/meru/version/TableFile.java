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

import io.meru.key.HashRange;
import org.jspecify.annotations.Nullable;

/**
 * A live data file of the table, as far as finding keys in it needs.
 *
 * @param path full location, the file's identity
 * @param fileSizeBytes length of the file
 * @param recordCount rows in the file, dead ones included
 * @param partition the file's partition
 * @param levelName what the name of a level file says; null for a foreign file, of whose order and
 *     uniqueness nothing is assumed
 * @param minPrefix lower bound of the prefixes ({@link io.meru.key.SortedKeys#prefix}) of the
 *     file's user keys, unsigned; 0 when unknown
 * @param maxPrefix upper bound likewise, inclusive; -1 (the highest unsigned) when unknown
 */
public record TableFile(
    String path,
    long fileSizeBytes,
    long recordCount,
    PartitionTuple partition,
    @Nullable LevelFileName levelName,
    long minPrefix,
    long maxPrefix) {

  /** Whether all of the file's rows are known to belong to the owner of {@code range}. */
  public boolean isOwnedBy(HashRange range) {
    return levelName != null && range.covers(levelName.hashRange());
  }

  /** Whether nothing may be assumed of the file's order and uniqueness. */
  public boolean isForeign() {
    return levelName == null;
  }
}
