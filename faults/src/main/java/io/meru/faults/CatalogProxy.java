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

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.meru.servers.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the job and the REST catalog. It hands everything on as it is, but for the commits
 * that it is told to treat otherwise, and while it is closed or unavailable. Its own threads serve
 * the requests; one thread tells it what to do.
 */
final class CatalogProxy implements AutoCloseable {
  private static final Duration SERVER_LIMIT = Duration.ofSeconds(30);
  private static final int UNAVAILABLE = 503;
  private static final int BAD_GATEWAY = 502;

  /** What a commit's path ends with: the table, and nothing below it. */
  private static final Pattern TABLE = Pattern.compile(".*/namespaces/[^/]+/tables/[^/]+");

  /** Headers of the connection, which the client and the listener set by themselves. */
  private static final Set<String> HOP_BY_HOP =
      Set.of("host", "connection", "content-length", "transfer-encoding", "expect", "upgrade");

  private final URI server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final Queue<CommitFault.Manner> next = new ConcurrentLinkedQueue<>();
  private final AtomicInteger treated = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger unanswered = new AtomicInteger();
  private final Queue<String> carriedOut = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable HeldCommit> held = new AtomicReference<>();
  private volatile Duration delay = Duration.ZERO;
  private volatile boolean unavailable;
  private HttpServer listener;
  private boolean shut;

  /** One that no outgoing connection takes while nobody listens on it. */
  private final int port = FreePorts.find(1).get(0);

  /** What the catalog answered. */
  record Answer(int status, Map<String, List<String>> headers, byte[] body) {}

  private CatalogProxy(URI server) throws IOException {
    this.server = server;
    this.listener = listen();
  }

  /** A proxy before {@code server}, on a port of its own. */
  static CatalogProxy before(URI server) throws IOException {
    return new CatalogProxy(server);
  }

  /** Where it listens. */
  URI uri() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** From now on connections are refused, and those that there are end. */
  void shut() {
    listener.stop(0);
    shut = true;
  }

  /** Ends {@link #shut}, if it is. */
  void open() throws IOException {
    if (shut) {
      listener = listen();
      shut = false;
    }
  }

  /** Whether each request is answered by 503. */
  void setUnavailable(boolean unavailable) {
    this.unavailable = unavailable;
  }

  /** Has the next commits treated, each in its manner. */
  void treatNext(List<CommitFault.Manner> manners) {
    next.addAll(manners);
  }

  /** Has the next commit pass through {@code commit}, before any that is to be treated. */
  void hold(HeldCommit commit) {
    held.set(commit);
  }

  /** Has each request, commit or not, wait so long. */
  void setDelay(Duration delay) {
    this.delay = delay;
  }

  /** How many commits were treated so far. */
  int treated() {
    return treated.get();
  }

  /** How many requests it answered by 503 because it was told to be unavailable. */
  int refused() {
    return refused.get();
  }

  /** How many requests came to it. */
  int requests() {
    return requests.get();
  }

  /** How many requests it handed on to a server that was gone, or went. */
  int unanswered() {
    return unanswered.get();
  }

  /** The commits that were treated and carried out, each by its fault and the server's status. */
  List<String> carriedOut() {
    return List.copyOf(carriedOut);
  }

  /** Forgets what it was told: the next schedule begins with a catalog that works. */
  void reset() throws IOException {
    open();
    next.clear();
    held.set(null);
    delay = Duration.ZERO;
    unavailable = false;
  }

  @Override
  public void close() {
    listener.stop(0);
    threads.shutdownNow();
  }

  private HttpServer listen() throws IOException {
    HttpServer created =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    created.createContext("/", this::handle);
    created.setExecutor(threads);
    created.start();
    return created;
  }

  private void handle(HttpExchange exchange) throws IOException {
    Passing passing = new Passing(exchange, exchange.getRequestBody().readAllBytes());
    requests.incrementAndGet();
    try {
      if (unavailable) {
        refused.incrementAndGet();
        passing.error(UNAVAILABLE);
        return;
      }
      Thread.sleep(delay.toMillis());
      HeldCommit holder = isCommit(exchange) ? held.getAndSet(null) : null;
      if (holder != null) {
        holder.pass(passing);
        return;
      }
      CommitFault.Manner manner = isCommit(exchange) ? next.poll() : null;
      if (manner == null) {
        passing.answer(passing.carryOut());
      } else {
        passing.manner = manner;
        treated.incrementAndGet();
        manner.fault().treat(passing);
      }
    } catch (InterruptedException e) {
      passing.hangUp(); // the proxy ends
    } finally {
      exchange.close();
    }
  }

  private static boolean isCommit(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("POST")
        && TABLE.matcher(exchange.getRequestURI().getPath()).matches();
  }

  /** One request on its way. */
  private final class Passing implements CommitFault.Commit {
    private final HttpExchange exchange;
    private final byte[] body;
    private CommitFault.@Nullable Manner manner;

    Passing(HttpExchange exchange, byte[] body) {
      this.exchange = exchange;
      this.body = body;
    }

    @Override
    public Answer carryOut() throws InterruptedException {
      Answer answer = handOn();
      if (manner != null) {
        carriedOut.add("%s, carried out: %d".formatted(manner.fault(), answer.status()));
      }
      return answer;
    }

    private Answer handOn() throws InterruptedException {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(server.resolve(exchange.getRequestURI().toString()))
              .timeout(SERVER_LIMIT)
              .method(
                  exchange.getRequestMethod(),
                  body.length == 0
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofByteArray(body));
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> copyHeader(name, values, request::header));
      try {
        HttpResponse<byte[]> response =
            client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), response.headers().map(), response.body());
      } catch (IOException e) {
        unanswered.incrementAndGet();
        return errorAnswer(BAD_GATEWAY); // what a gateway says whose server is gone
      }
    }

    @Override
    public void pause() throws InterruptedException {
      Thread.sleep(manner.pause().toMillis());
    }

    @Override
    public void answer(Answer answer) throws IOException {
      Headers headers = exchange.getResponseHeaders();
      answer.headers().forEach((name, values) -> copyHeader(name, values, headers::add));
      boolean hasBody = answer.body().length > 0 && !exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(answer.status(), hasBody ? answer.body().length : -1);
      if (hasBody) {
        exchange.getResponseBody().write(answer.body());
      }
      exchange.close();
    }

    @Override
    public void answerError() throws IOException {
      error(manner.errorCode());
    }

    @Override
    public void hangUp() {
      exchange.close(); // before its headers: ends the connection
    }

    private void error(int status) throws IOException {
      answer(errorAnswer(status));
    }
  }

  /** As a gateway's: no error of Iceberg's. */
  private static Answer errorAnswer(int status) {
    return new Answer(
        status,
        Map.of("Content-Type", List.of("text/plain")),
        "an error that was asked for".getBytes(UTF_8));
  }

  private interface HeaderSink {
    void add(String name, String value);
  }

  private static void copyHeader(String name, List<String> values, HeaderSink sink) {
    if (!HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT)) && !name.startsWith(":")) {
      values.forEach(value -> sink.add(name, value));
    }
  }
}
