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

import io.meru.key.HashRange;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.util.function.BiFunction;

/**
 * What a merge writes.
 *
 * @param level of the outputs
 * @param fileBytes what an output should have; none has more than about 1.5 times that, and less
 *     than about 0.75 times that only one that is alone
 * @param partition of all inputs and outputs
 * @param names names an output of a level and a hash range; each name is another one
 */
public record MergeTarget(
    int level,
    long fileBytes,
    PartitionTuple partition,
    BiFunction<Integer, HashRange, LevelFileName> names) {}
