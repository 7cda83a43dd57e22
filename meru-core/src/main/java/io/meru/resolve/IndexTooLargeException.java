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

package io.meru.resolve;

/** An index under construction outgrew what it may have. Caught within the package. */
final class IndexTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** One for all: it carries no trace. */
  @SuppressWarnings("StaticAssignmentOfThrowable")
  static final IndexTooLargeException INSTANCE = new IndexTooLargeException();

  private IndexTooLargeException() {
    super("A key index outgrew its limit", null, false, false);
  }
}
