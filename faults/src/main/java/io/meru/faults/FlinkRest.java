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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meru.servers.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Asks the JobManager over its REST interface. */
final class FlinkRest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final URI address;

  FlinkRest(URI address) {
    this.address = address;
  }

  URI address() {
    return address;
  }

  /** Ids of the registered TaskManagers. */
  Set<String> taskManagers() throws IOException, InterruptedException {
    Set<String> ids = new HashSet<>();
    get("/taskmanagers").get("taskmanagers").forEach(node -> ids.add(node.get("id").asText()));
    return ids;
  }

  /** The job's state, such as {@code RUNNING}. */
  String state(String jobId) throws IOException, InterruptedException {
    return get("/jobs/" + jobId).get("state").asText();
  }

  /** The TaskManager that runs the committer's first subtask, the one that commits. */
  String committersTaskManager(String jobId) throws IOException, InterruptedException {
    for (JsonNode vertex : get("/jobs/" + jobId).get("vertices")) {
      if (vertex.get("name").asText().contains("Committer")) {
        JsonNode details = get("/jobs/" + jobId + "/vertices/" + vertex.get("id").asText());
        return details.get("subtasks").get(0).get("taskmanager-id").asText();
      }
    }
    throw new IllegalStateException("Job " + jobId + " has no committer");
  }

  /** The stack traces of the job's failures. */
  String exceptions(String jobId) throws IOException, InterruptedException {
    return get("/jobs/" + jobId + "/exceptions?maxExceptions=10").toString();
  }

  /** Cancels the job; its checkpoints are kept. */
  void cancel(String jobId) throws IOException, InterruptedException {
    send(HttpRequest.newBuilder().method("PATCH", BodyPublishers.noBody()), "/jobs/" + jobId);
  }

  /** Stops the job with a savepoint below {@code directory} and returns the savepoint. */
  Path stop(String jobId, Path directory) throws IOException, InterruptedException {
    String body =
        JSON.writeValueAsString(
            Map.of("targetDirectory", directory.toUri().toString(), "drain", false));
    JsonNode trigger =
        send(
            HttpRequest.newBuilder()
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)),
            "/jobs/" + jobId + "/stop");
    String status = "/jobs/" + jobId + "/savepoints/" + trigger.get("request-id").asText();
    JsonNode operation =
        Await.answer(
            "job " + jobId + " has its savepoint",
            STOP_LIMIT,
            () -> {
              JsonNode answer = get(status);
              return answer.at("/status/id").asText().equals("COMPLETED")
                  ? answer.get("operation")
                  : null;
            });
    if (!operation.has("location")) {
      throw new StopFailedException(
          "Cannot stop job %s with a savepoint: %s".formatted(jobId, operation));
    }
    return Path.of(URI.create(operation.get("location").asText()));
  }

  /** The savepoint failed, as one does that meets a restart. */
  static final class StopFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    StopFailedException(String message) {
      super(message);
    }
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder().GET(), path);
  }

  private JsonNode send(HttpRequest.Builder request, String path)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            request.uri(address.resolve(path)).timeout(REQUEST_LIMIT).build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() / 100 != 2) {
      throw new IOException(
          "%s answers %d: %s".formatted(path, response.statusCode(), response.body()));
    }
    return JSON.readTree(response.body());
  }
}
