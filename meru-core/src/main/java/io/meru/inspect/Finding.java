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

package io.meru.inspect;

import org.jspecify.annotations.Nullable;

/**
 * Something that {@link TableVerifier} found.
 *
 * @param severity whether the table is broken
 * @param invariant the label of the {@link Invariant} that does not hold
 * @param snapshotId the first snapshot in which it was seen
 * @param file the file; null if it is about none in particular
 * @param position row position in the file; null if it is about none in particular
 * @param expected what should be
 * @param found what is
 */
public record Finding(
    Severity severity,
    String invariant,
    long snapshotId,
    @Nullable String file,
    @Nullable Long position,
    String expected,
    String found) {

  /** How bad it is. */
  public enum Severity {
    /** Readers get wrong rows or none, or Meru would. */
    ERROR,
    /** Nothing is wrong with the rows, but something is not as Meru leaves it. */
    WARNING
  }
}
