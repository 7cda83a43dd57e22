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

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.meru.servers.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each fault must do to a commit what it says, or the schedules test less than they report. */
class CatalogProxyTest {
  private static final String TABLE = "/v1/namespaces/db/tables/changes";
  private static final Duration PAUSE = Duration.ofMillis(300);
  private static final int CLOSED = -1;

  private final AtomicInteger carriedOut = new AtomicInteger();
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer server;
  private CatalogProxy proxy;

  @BeforeEach
  void startBoth() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::carryOut);
    server.start();
    proxy = CatalogProxy.before(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
  }

  @AfterEach
  void stopBoth() {
    proxy.close();
    server.stop(0);
  }

  @ParameterizedTest
  @CsvSource({
    "ERROR_INSTEAD, 502, 0",
    "ERROR_AFTER, 502, 1",
    "ERROR_BEFORE, 502, 1",
    "CLOSED_INSTEAD, -1, 0",
    "CLOSED_AFTER, -1, 1",
    "REPEATED, 409, 2",
    "SLOW, 200, 1",
    "SLOW_ANSWER, 200, 1",
  })
  void aFaultDoesToACommitWhatItSays(CommitFault fault, int expectedStatus, int expectedCarriedOut)
      throws Exception {
    proxy.treatNext(List.of(new CommitFault.Manner(fault, 502, PAUSE)));

    long start = System.nanoTime();
    assertThat(post(TABLE)).isEqualTo(expectedStatus);
    long pause = System.nanoTime() - start;

    if (fault == CommitFault.ERROR_BEFORE) {
      assertThat(carriedOut).hasValue(0);
    }
    Await.until(
        "the commit was carried out " + expectedCarriedOut + " times",
        Duration.ofSeconds(10),
        () -> carriedOut.get() == expectedCarriedOut);
    if (fault == CommitFault.SLOW || fault == CommitFault.SLOW_ANSWER) {
      assertThat(pause).isGreaterThanOrEqualTo(PAUSE.toNanos());
    }
    assertThat(proxy.treated()).isEqualTo(1);
    assertThat(post(TABLE)).as("the next commit").isNotIn(502, CLOSED);
  }

  @Test
  void whatIsNoCommitIsHandedOn() throws Exception {
    proxy.treatNext(List.of(new CommitFault.Manner(CommitFault.ERROR_INSTEAD, 500, PAUSE)));

    assertThat(get(TABLE)).isEqualTo(200);
    assertThat(post(TABLE + "/metrics")).isEqualTo(200);
    assertThat(proxy.treated()).isZero();
    assertThat(post(TABLE)).isEqualTo(500);
  }

  @Test
  void aSlowCatalogIsSlowForEverything() throws Exception {
    proxy.setDelay(PAUSE);
    long start = System.nanoTime();

    assertThat(get(TABLE)).isEqualTo(200);
    assertThat(post(TABLE)).isEqualTo(200);

    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(2 * PAUSE.toNanos());
  }

  @Test
  void anUnavailableCatalogAnswersEverythingByAnError() throws Exception {
    proxy.setUnavailable(true);
    assertThat(get(TABLE)).isEqualTo(503);
    assertThat(post(TABLE)).isEqualTo(503);
    assertThat(carriedOut).hasValue(0);
    assertThat(proxy.refused()).isEqualTo(2);

    proxy.setUnavailable(false);
    assertThat(get(TABLE)).isEqualTo(200);
  }

  @Test
  void aShutOneRefusesConnectionsAndOpensWhereItWas() throws Exception {
    URI uri = proxy.uri();
    proxy.shut();
    assertThatThrownBy(() -> client.send(request(TABLE).GET().build(), discarding()))
        .isInstanceOf(IOException.class);

    proxy.open();
    assertThat(proxy.uri()).isEqualTo(uri);
    assertThat(get(TABLE)).isEqualTo(200);
  }

  @Test
  void theNextScheduleFindsOneThatIsOpen() throws Exception {
    proxy.shut();
    proxy.setUnavailable(true);

    proxy.reset();
    assertThat(get(TABLE)).isEqualTo(200);
  }

  @Test
  void whatBecameOfTreatedCommitsIsCounted() throws Exception {
    proxy.treatNext(
        List.of(
            new CommitFault.Manner(CommitFault.ERROR_INSTEAD, 502, PAUSE),
            new CommitFault.Manner(CommitFault.CLOSED_AFTER, 502, PAUSE),
            new CommitFault.Manner(CommitFault.ERROR_AFTER, 502, PAUSE)));
    for (int i = 0; i < 4; i++) {
      post(TABLE);
    }

    assertThat(proxy.carriedOut())
        .containsExactly("CLOSED_AFTER, carried out: 200", "ERROR_AFTER, carried out: 409");
    assertThat(proxy.requests()).isEqualTo(4);
  }

  @Test
  void aHeldCommitIsCarriedOutWhenItIsLetGo() throws Exception {
    CompletableFuture<Integer> status;
    try (HeldCommit held = HeldCommit.of(proxy)) {
      status = CompletableFuture.supplyAsync(this::postTable);
      held.await(() -> "");
      assertThat(carriedOut).hasValue(0);
      assertThat(status).isNotDone();

      assertThat(post(TABLE)).as("another one overtakes it").isEqualTo(200);
      assertThat(held.handOn(() -> "")).as("it came too late").isEqualTo(409);
    }
    assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(409);
    assertThat(post(TABLE)).as("the next one is not held").isEqualTo(409);
  }

  @Test
  void aServerThatIsGoneIsABadGateway() throws Exception {
    server.stop(0);

    assertThat(get(TABLE)).isEqualTo(502);
    assertThat(proxy.unanswered()).isEqualTo(1);
  }

  /** As a catalog would: the same commit a second time is a conflict. */
  private void carryOut(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    boolean commit =
        exchange.getRequestMethod().equals("POST")
            && exchange.getRequestURI().getPath().equals(TABLE);
    int status = commit && carriedOut.incrementAndGet() > 1 ? 409 : 200;
    byte[] body = "{}".getBytes(UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private int get(String path) throws Exception {
    return client.send(request(path).GET().build(), discarding()).statusCode();
  }

  private int post(String path) throws Exception {
    HttpRequest request =
        request(path).POST(HttpRequest.BodyPublishers.ofString("{\"updates\": []}")).build();
    try {
      return client.send(request, discarding()).statusCode();
    } catch (IOException e) {
      return CLOSED;
    }
  }

  private int postTable() {
    try {
      return post(TABLE);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(proxy.uri().resolve(path)).timeout(Duration.ofSeconds(10));
  }

  private static HttpResponse.BodyHandler<Void> discarding() {
    return HttpResponse.BodyHandlers.discarding();
  }
}
