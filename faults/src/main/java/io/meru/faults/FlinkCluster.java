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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A standalone session cluster: one JobManager and some TaskManagers, each a JVM of its own, all on
 * loopback. A JobManager that is started again has the address of the one before, so TaskManagers
 * that live on find it.
 */
final class FlinkCluster implements AutoCloseable {
  /** Slots of each TaskManager; the job's parallelism is at most this. */
  static final int SLOTS = 4;

  private static final Duration START_LIMIT = Duration.ofSeconds(90);
  private static final String JOB_MANAGER =
      "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
  private static final String TASK_MANAGER =
      "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";

  private final Path directory;
  private final Signals signals;
  private final FlinkRest rest;
  private final Map<String, JvmProcess> taskManagers = new LinkedHashMap<>();
  private final List<Path> logs = new ArrayList<>();
  private @Nullable JvmProcess jobManager;
  private int started;

  private FlinkCluster(Path directory, Signals signals, FlinkRest rest) {
    this.directory = directory;
    this.signals = signals;
    this.rest = rest;
  }

  /** Starts a JobManager and {@code taskManagers} TaskManagers and waits for them. */
  static FlinkCluster start(Path directory, int taskManagers)
      throws IOException, InterruptedException {
    List<Integer> ports = freePorts(2);
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.yaml"), config(ports.get(0), ports.get(1)));
    FlinkCluster cluster =
        new FlinkCluster(
            directory,
            Signals.start(),
            new FlinkRest(URI.create("http://127.0.0.1:" + ports.get(1))));
    try {
      cluster.startJobManager();
      for (int i = 0; i < taskManagers; i++) {
        cluster.startTaskManager();
      }
      cluster.awaitTaskManagers();
      return cluster;
    } catch (Throwable e) {
      cluster.close();
      throw e;
    }
  }

  FlinkRest rest() {
    return rest;
  }

  Signals signals() {
    return signals;
  }

  /** The logs of all processes there ever were. */
  List<Path> logs() {
    return List.copyOf(logs);
  }

  void startJobManager() throws IOException {
    jobManager =
        launch("jobmanager", JOB_MANAGER, List.of("-Xmx384m"), "--executionMode", "cluster");
  }

  void killJobManager() throws InterruptedException {
    jobManager.kill();
  }

  void startTaskManager() throws IOException {
    String id = "tm" + started;
    taskManagers.put(
        id,
        launch(
            id,
            TASK_MANAGER,
            List.of("-Xmx640m", "-XX:MaxDirectMemorySize=256m"),
            "-D",
            "taskmanager.resource-id=" + id));
  }

  /** Kills it and forgets it. */
  void killTaskManager(String id) throws InterruptedException {
    taskManager(id).kill();
    taskManagers.remove(id);
  }

  JvmProcess taskManager(String id) {
    JvmProcess process = taskManagers.get(id);
    if (process == null) {
      throw new IllegalStateException("No TaskManager %s among %s".formatted(id, taskManagers()));
    }
    return process;
  }

  /** Ids of the TaskManagers that were started and not killed. */
  List<String> taskManagers() {
    return List.copyOf(taskManagers.keySet());
  }

  /** Waits until those that run, and no others, are registered at the JobManager. */
  void awaitTaskManagers() throws InterruptedException {
    Await.until(
        "the cluster has TaskManagers " + taskManagers.keySet(),
        START_LIMIT,
        () -> {
          Set<String> wanted = new HashSet<>(taskManagers.keySet());
          wanted.removeIf(id -> taskManagers.get(id).isPaused());
          return rest.taskManagers().equals(wanted);
        },
        this::describe);
  }

  /**
   * TaskManagers that ended by themselves, as one does that was frozen for too long, are replaced.
   */
  void replaceDeadTaskManagers() throws IOException, InterruptedException {
    for (String id : taskManagers()) {
      if (!taskManagers.get(id).isAlive()) {
        taskManagers.remove(id);
        startTaskManager();
      }
    }
    awaitTaskManagers();
  }

  private String describe() {
    List<JvmProcess> processes = new ArrayList<>(taskManagers.values());
    if (jobManager != null) {
      processes.add(jobManager);
    }
    return processes.stream()
        .map(p -> "%s is %s:%n%s".formatted(p.name(), p.isAlive() ? "alive" : "dead", p.logEnd()))
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void close() {
    for (JvmProcess process : taskManagers.values()) {
      process.close();
    }
    if (jobManager != null) {
      jobManager.close();
    }
    signals.close();
  }

  private JvmProcess launch(
      String name, String mainClass, List<String> jvmOptions, String... arguments)
      throws IOException {
    Path log = directory.resolve("logs").resolve("%03d-%s.log".formatted(started++, name));
    List<String> all = new ArrayList<>(List.of("--configDir", directory.toString()));
    all.addAll(List.of(arguments));
    logs.add(log);
    return JvmProcess.start(name, jvmOptions, log, mainClass, all);
  }

  private static String config(int rpcPort, int restPort) {
    return """
        jobmanager.rpc.address: 127.0.0.1
        jobmanager.rpc.port: %d
        jobmanager.bind-host: 127.0.0.1
        jobmanager.memory.process.size: 1024m
        rest.address: 127.0.0.1
        rest.port: %d
        rest.bind-address: 127.0.0.1
        taskmanager.host: 127.0.0.1
        taskmanager.bind-host: 127.0.0.1
        taskmanager.numberOfTaskSlots: %d
        taskmanager.cpu.cores: 2.0
        taskmanager.memory.task.heap.size: 512m
        taskmanager.memory.task.off-heap.size: 0m
        taskmanager.memory.framework.heap.size: 128m
        taskmanager.memory.framework.off-heap.size: 128m
        taskmanager.memory.managed.size: 16m
        taskmanager.memory.network.min: 64m
        taskmanager.memory.network.max: 64m
        taskmanager.memory.jvm-metaspace.size: 256m
        taskmanager.memory.jvm-overhead.min: 192m
        taskmanager.memory.jvm-overhead.max: 192m
        heartbeat.interval: 500
        heartbeat.timeout: 4000
        cluster.registration.error-delay: 300
        cluster.registration.refused-registration-delay: 500
        cluster.registration.max-timeout: 1000
        execution.checkpointing.num-retained: 10
        slot.request.timeout: 120000
        """
        .formatted(rpcPort, restPort, SLOTS);
  }

  private static List<Integer> freePorts(int count) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
      for (ServerSocket socket : sockets) {
        socket.close();
      }
      return ports;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot find a free port on loopback", e);
    }
  }
}
