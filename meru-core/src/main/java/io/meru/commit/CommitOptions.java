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

import java.util.Map;

/**
 * Settings of a committer.
 *
 * @param maxAttempts plans per committable before a lost race becomes an error
 * @param minBackoffMs wait before the next plan, with jitter: after each of ten lost races; after
 *     more of them, and after failures of the catalog, doubled from one to the next
 * @param maxBackoffMs longest wait between two plans, and for another committer's {@link Turn}
 * @param vectorCacheBytes memory for deletion vectors that it wrote itself
 * @param resolverCacheBytes memory for key indexes when it has to resolve again
 * @param emptyCheckpoints whether a checkpoint that changes nothing becomes a snapshot, too
 * @param summary further snapshot properties of every commit ({@code flink.job-id}, ...)
 */
public record CommitOptions(
    int maxAttempts,
    long minBackoffMs,
    long maxBackoffMs,
    long vectorCacheBytes,
    long resolverCacheBytes,
    boolean emptyCheckpoints,
    Map<String, String> summary) {
  /** Every setting at its default. */
  public static final CommitOptions DEFAULTS =
      new CommitOptions(20, 50, 5_000, 128L << 20, 128L << 20, false, Map.of());
}
