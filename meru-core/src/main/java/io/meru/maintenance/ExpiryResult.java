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

import java.util.List;

/**
 * What an expiry did, or would do.
 *
 * @param dryRun whether nothing was changed
 * @param snapshots ids of the expired snapshots, oldest first
 * @param remaining snapshots that the table still has
 * @param files what only expired snapshots needed: data files, deletion vectors, manifests, lists
 * @param deletedFiles how many of them were deleted, or had gone already
 * @param failedFiles how many could not be deleted; an orphan removal finds them later
 */
public record ExpiryResult(
    boolean dryRun,
    List<Long> snapshots,
    int remaining,
    List<String> files,
    int deletedFiles,
    int failedFiles) {}
