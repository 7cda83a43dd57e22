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

package io.meru.servers;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for what another process does: asks again and again until a deadline. */
public final class Await {
  private static final long PAUSE_MS = 50;

  private Await() {}

  /**
   * Returns once {@code condition} holds. While it throws, it does not hold.
   *
   * @param what completes "Waited in vain until ..."
   * @param state what is found instead, for the message
   */
  public static void until(
      String what, Duration limit, Callable<Boolean> condition, Supplier<String> state)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    Exception last = null;
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
        last = null;
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        last = e;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(message(what, limit, state), last);
      }
      Thread.sleep(PAUSE_MS);
    }
  }

  /** Without anything to say of the state. */
  public static void until(String what, Duration limit, Callable<Boolean> condition)
      throws InterruptedException {
    until(what, limit, condition, () -> "");
  }

  private static String message(String what, Duration limit, Supplier<String> state) {
    String found;
    try {
      found = state.get();
    } catch (RuntimeException e) {
      found = "(state unknown: " + e + ")";
    }
    return "Waited %d s in vain until %s. %s".formatted(limit.toSeconds(), what, found);
  }

  /** The first result of {@code question} that is not null. */
  public static <T> T answer(String what, Duration limit, Callable<@Nullable T> question)
      throws InterruptedException {
    AtomicReference<T> answer = new AtomicReference<>();
    until(
        what,
        limit,
        () -> {
          answer.set(question.call());
          return answer.get() != null;
        });
    return answer.get();
  }
}
