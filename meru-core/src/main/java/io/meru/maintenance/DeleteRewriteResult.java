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
 * What a rewrite of delete files did. Of a dry run, the numbers of files are what it would look at,
 * and those of rows, vectors and snapshots are 0.
 *
 * @param dryRun whether nothing was changed
 * @param upgraded whether the table's format version was, or would be, raised to 3
 * @param dataFiles data files to which delete files applied
 * @param vectors deletion vectors written
 * @param droppedFiles data files dropped since every row of theirs is deleted
 * @param deletedRows rows that the delete files covered, and that no vector had covered
 * @param equalityDeletes equality delete files removed from the table
 * @param positionDeletes position delete files removed from the table
 * @param snapshots commits made
 */
public record DeleteRewriteResult(
    boolean dryRun,
    boolean upgraded,
    int dataFiles,
    int vectors,
    int droppedFiles,
    long deletedRows,
    int equalityDeletes,
    int positionDeletes,
    int snapshots) {}
