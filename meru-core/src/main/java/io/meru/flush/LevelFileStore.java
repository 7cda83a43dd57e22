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

import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import org.apache.iceberg.io.OutputFile;

/** Where new level files go. Implementations are safe to use from many threads. */
public interface LevelFileStore {
  /** A new file of this name in the table's folder for {@code partition}. */
  OutputFile create(LevelFileName name, PartitionTuple partition);

  /** Deletes a file that no edit names; failures are logged, not thrown. */
  void discard(String path);
}
