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
 * A newer run with the same sink id has claimed the table. This run must stop and must not come
 * back: it would fence its successor.
 */
public final class FencedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message names table, sink id, both generations, and what to do about a forked job. */
  public FencedException(String message) {
    super(message);
  }
}
