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
 * A job that was forked from another one's savepoint may not commit a checkpoint of that job, which
 * may have abandoned it: its rows would replace newer ones.
 */
public final class ForkRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message names table, checkpoint, both generations, and what to do. */
  public ForkRefusedException(String message) {
    super(message);
  }
}
