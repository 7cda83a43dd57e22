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

package io.meru.error;

/**
 * Two live rows of the files of a merge have the same key, or a file is not sorted by key: what
 * wrote them has broken the rule that level files keep. The files stay as they are, and must not be
 * merged with each other.
 */
public final class DuplicateKeyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message names the files and the positions. */
  public DuplicateKeyException(String message) {
    super(message);
  }
}
