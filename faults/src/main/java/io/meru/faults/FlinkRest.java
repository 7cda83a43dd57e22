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
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Asks the JobManager over its REST interface. */
final class FlinkRest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The states that a job does not leave. */
  static final Set<String> ENDED = Set.of("FINISHED", "CANCELED", "FAILED");

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

  /** Whether the JobManager knows the job, and it has not ended. */
  boolean runs(String jobId) throws IOException, InterruptedException {
    for (JsonNode job : get("/jobs/overview").get("jobs")) {
      if (job.get("jid").asText().equals(jobId)) {
        return !ENDED.contains(job.get("state").asText());
      }
    }
    return false;
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

  /** The newest failure of the job since {@code start} whose stack trace has {@code what}. */
  Optional<String> failureSince(String jobId, Instant start, Pattern what)
      throws IOException, InterruptedException {
    JsonNode history =
        get("/jobs/" + jobId + "/exceptions?maxExceptions=10").at("/exceptionHistory/entries");
    for (JsonNode entry : history) {
      String trace = entry.get("stacktrace").asText();
      if (entry.get("timestamp").asLong() >= start.toEpochMilli() && what.matcher(trace).find()) {
        return Optional.of(trace);
      }
    }
    return Optional.empty();
  }

  /**
   * Of the last second, how much the job's source could not go on because what comes after it was
   * busy, in milliseconds.
   */
  long backPressuredMs(String jobId) throws IOException, InterruptedException {
    for (JsonNode vertex : get("/jobs/" + jobId).get("vertices")) {
      if (vertex.get("name").asText().startsWith("Source")) {
        String metrics =
            "/jobs/%s/vertices/%s/subtasks/metrics?get=backPressuredTimeMsPerSecond&agg=max"
                .formatted(jobId, vertex.get("id").asText());
        JsonNode answer = get(metrics);
        return answer.isEmpty() ? 0 : answer.get(0).get("max").asLong();
      }
    }
    throw new IllegalStateException("Job " + jobId + " has no source");
  }

  /** How often the job has restarted by itself, as far as the JobManager has counted. */
  int restarts(String jobId) throws IOException, InterruptedException {
    JsonNode answer = get("/jobs/" + jobId + "/metrics?get=numRestarts");
    return answer.isEmpty() ? 0 : answer.get(0).get("value").asInt();
  }

  /** The largest number of in-flight bytes, and the longest duration, of recent checkpoints. */
  CheckpointSizes checkpointSizes(String jobId) throws IOException, InterruptedException {
    JsonNode summary = get("/jobs/" + jobId + "/checkpoints").get("summary");
    return new CheckpointSizes(
        summary.at("/persisted_data/max").asLong(),
        Duration.ofMillis(summary.at("/end_to_end_duration/max").asLong()));
  }

  /**
   * @param inFlightBytes what barriers have overtaken
   */
  record CheckpointSizes(long inFlightBytes, Duration duration) {}

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
