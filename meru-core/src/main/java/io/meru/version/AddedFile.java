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

import java.util.List;
import org.apache.iceberg.Metrics;

/**
 * A data file that an edit adds, with all that the manifest will say of it.
 *
 * @param file the file
 * @param metrics counts, sizes and bounds per column, as Iceberg's own writer would state them
 * @param splitOffsets where row groups start, ascending
 * @param sortOrderId id of the table's sort order the file has; 0 for none
 */
public record AddedFile(
    TableFile file, Metrics metrics, List<Long> splitOffsets, int sortOrderId) {}
