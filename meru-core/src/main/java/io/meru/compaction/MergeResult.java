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

package io.meru.compaction;

import io.meru.version.AddedFile;
import java.util.List;

/**
 * What a merge has done.
 *
 * @param added the outputs, in the order of their keys; none if no input had a row to be taken
 * @param positions where the rows of each input went, in the order of the inputs
 * @param rows rows of the outputs
 * @param bytesRead bytes of the inputs that were read for values
 * @param bytesWritten bytes of the outputs
 */
public record MergeResult(
    List<AddedFile> added,
    List<PositionMap> positions,
    long rows,
    long bytesRead,
    long bytesWritten) {}
