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

package io.meru.flink.sink;

import io.meru.error.CorruptFileException;
import io.meru.error.FencedException;
import io.meru.error.ForkRefusedException;
import io.meru.error.UnsupportedTableException;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.ExceptionUtils;

/** Tells Flink which failures a restart cannot mend. */
final class Failures {
  private Failures() {}

  /**
   * The exception to throw for {@code failure}. A fenced run must not come back, since it would
   * fence its successor; an unsupported table, a damaged file or a fork from the wrong savepoint
   * needs a person. Everything else is worth a restart.
   */
  static RuntimeException classified(RuntimeException failure) {
    return needsPerson(failure) ? new SuppressRestartsException(failure) : failure;
  }

  /** Looks at the causes, too: what a flush throws arrives wrapped. */
  private static boolean needsPerson(Throwable failure) {
    return ExceptionUtils.findThrowable(
            failure,
            cause ->
                cause instanceof FencedException
                    || cause instanceof ForkRefusedException
                    || cause instanceof UnsupportedTableException
                    || cause instanceof CorruptFileException)
        .isPresent();
  }
}
