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

package io.meru.flink.foreign;

/** When another writer's commit falls. */
enum Moment {
  /** Whenever it does. */
  ANY,
  /** Between a commit's plan and its effect: the whole statement runs while the job's is held. */
  WITHIN_THE_JOBS_COMMIT,
  /** The job commits checkpoints between the other's plan and its effect. */
  AROUND_THE_JOBS_COMMITS,
  /**
   * The job commits a compaction, of files that are there, between the other's plan and its effect.
   */
  AROUND_A_COMPACTION
}
