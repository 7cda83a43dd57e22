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

import org.jspecify.annotations.Nullable;

/** A file's bytes contradict what the table or the file itself says of them. A person must act. */
public final class CorruptFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message names the file, what was expected and what was found. */
  public CorruptFileException(String message) {
    super(message);
  }

  /** As above, with the failure that showed it. */
  public CorruptFileException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
