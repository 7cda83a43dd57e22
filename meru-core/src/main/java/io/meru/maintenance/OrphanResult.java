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
 * What an orphan removal found and did.
 *
 * @param dryRun whether nothing was deleted
 * @param listedFiles files in the folders that were listed
 * @param orphans files that nothing needs, old enough, in no order
 * @param orphanBytes their size
 * @param deletedFiles how many of them were deleted, or had gone already
 * @param failedFiles how many could not be deleted
 * @param truncated whether there were more than {@link OrphanOptions#maxFiles}
 * @param notListed folders in which the table has files, but which lie outside its own location and
 *     may be shared, so that they were left out; see {@link OrphanOptions#alsoUnder}
 * @param emptyFolders folders of {@link OrphanOptions#alsoUnder} that hold no file, without slashes
 *     at their ends: they are not there, or the storage has them under another name
 */
public record OrphanResult(
    boolean dryRun,
    long listedFiles,
    List<String> orphans,
    long orphanBytes,
    int deletedFiles,
    int failedFiles,
    boolean truncated,
    List<String> notListed,
    List<String> emptyFolders) {}
