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

package io.meru.faults;

import io.meru.servers.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * The job's next commit, held on its way to the REST catalog: its files are written, its request is
 * sent, and nothing of it is in the table yet.
 */
final class HeldCommit implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final CompletableFuture<Integer> status = new CompletableFuture<>();

  /** Holds the next commit that comes to {@code proxy}. */
  static HeldCommit of(CatalogProxy proxy) {
    HeldCommit held = new HeldCommit();
    proxy.hold(held);
    return held;
  }

  /** Waits until it is there; a message otherwise says what {@code otherwise} says, too. */
  void await(Supplier<String> otherwise) throws InterruptedException {
    Await.until(
        "a commit is on its way to the catalog", LIMIT, () -> arrived.getCount() == 0, otherwise);
  }

  /** Lets it go; returns the status that the catalog answers. */
  int handOn(Supplier<String> otherwise) throws InterruptedException {
    letGo.countDown();
    Await.until(
        "the catalog has answered a commit that was held", LIMIT, status::isDone, otherwise);
    return status.join();
  }

  /** Lets it go, if it still waits. */
  @Override
  public void close() {
    letGo.countDown();
  }

  /** On the proxy's thread: the commit is here, and goes on when it is let go. */
  void pass(CommitFault.Commit commit) throws IOException, InterruptedException {
    arrived.countDown();
    letGo.await();
    CatalogProxy.Answer answer = commit.carryOut();
    status.complete(answer.status());
    commit.answer(answer);
  }
}
