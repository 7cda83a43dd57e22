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
import io.meru.servers.FreePorts;
import io.meru.servers.JvmProcess;
import io.meru.servers.JvmProgram;
import io.meru.servers.Signals;
import java.io.IOException;
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
  private static final String ZOOKEEPER =
      "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer";
  private static final String TASK_MANAGER =
      "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";

  private final Path directory;
  private final Kind kind;
  private final Signals signals;
  private final Map<String, JvmProcess> taskManagers = new LinkedHashMap<>();
  private final List<Path> logs = new ArrayList<>();
  private @Nullable JvmProcess zooKeeper;
  private @Nullable JvmProcess jobManager;
  private FlinkRest rest;
  private int started;

  /** Who remembers the jobs of a JobManager that died. */
  enum Kind {
    /** Nobody: a new one starts them from a checkpoint, if it is told to. */
    STANDALONE,
    /** ZooKeeper: a new one, or one that stood by, goes on with them. */
    ZOOKEEPER
  }

  private FlinkCluster(Path directory, Kind kind, Signals signals, FlinkRest rest) {
    this.directory = directory;
    this.kind = kind;
    this.signals = signals;
    this.rest = rest;
  }

  /** Starts a JobManager and {@code taskManagers} TaskManagers and waits for them. */
  static FlinkCluster start(Path directory, Kind kind, int taskManagers)
      throws IOException, InterruptedException {
    List<Integer> ports = FreePorts.find(3);
    Files.createDirectories(directory.resolve("tmp"));
    Files.writeString(
        directory.resolve("config.yaml"),
        config(ports.get(0)) + (kind == Kind.ZOOKEEPER ? zooKeeper(directory, ports.get(2)) : ""));
    FlinkCluster cluster = new FlinkCluster(directory, kind, Signals.start(), restAt(ports.get(1)));
    try {
      if (kind == Kind.ZOOKEEPER) {
        cluster.startZooKeeper(ports.get(2));
      }
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

  private static FlinkRest restAt(int port) {
    return new FlinkRest(URI.create("http://127.0.0.1:" + port));
  }

  /** Whether a new JobManager goes on with the jobs of the one before. */
  boolean recoversJobs() {
    return kind == Kind.ZOOKEEPER;
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

  /** The JobManager. */
  JvmProcess jobManager() {
    return jobManager;
  }

  /** Starts a JobManager where the last one was. */
  void startJobManager() throws IOException {
    jobManager =
        launch(
            "jobmanager",
            JOB_MANAGER,
            List.of("-Xmx384m"),
            "-D",
            "rest.port=" + rest.address().getPort(),
            "-D",
            "rest.bind-port=" + rest.address().getPort());
  }

  /**
   * Starts a second JobManager, which is {@link #jobManager} from now on, and returns the first.
   */
  JvmProcess startJobManagerBeside() throws IOException {
    JvmProcess first = jobManager;
    rest = restAt(FreePorts.find(1).get(0));
    startJobManager();
    return first;
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

  private void startZooKeeper(int port) throws IOException {
    Path config = directory.resolve("zoo.cfg");
    Files.writeString(
        config,
        """
        dataDir=%s
        clientPort=%d
        clientPortAddress=127.0.0.1
        tickTime=1000
        admin.enableServer=false
        """
            .formatted(directory.resolve("zookeeper"), port));
    Path log = directory.resolve("logs").resolve("zookeeper.log");
    zooKeeper =
        JvmProcess.start(
            "zookeeper",
            JvmProgram.ofHarness(ZOOKEEPER),
            List.of("-Xmx128m"),
            log,
            List.of("--zkConfigFile", config.toString(), "--peerId", "1"));
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
    if (zooKeeper != null) {
      zooKeeper.close();
    }
    signals.close();
  }

  private JvmProcess launch(
      String name, String mainClass, List<String> jvmOptions, String... arguments)
      throws IOException {
    Path log = directory.resolve("logs").resolve("%03d-%s.log".formatted(started++, name));
    List<String> options = new ArrayList<>(jvmOptions);
    options.add("-Djava.io.tmpdir=" + directory.resolve("tmp"));
    List<String> all = new ArrayList<>(List.of("--configDir", directory.toString()));
    all.addAll(List.of(arguments));
    logs.add(log);
    return JvmProcess.start(name, JvmProgram.ofHarness(mainClass), options, log, all);
  }

  private static String config(int rpcPort) {
    return """
        jobmanager.rpc.address: 127.0.0.1
        jobmanager.rpc.port: %d
        jobmanager.bind-host: 127.0.0.1
        jobmanager.memory.process.size: 1024m
        rest.address: 127.0.0.1
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
        execution.checkpointing.num-retained: 60
        slot.request.timeout: 120000
        metrics.fetcher.update-interval: 1000
        pekko.startup-timeout: 60 s
        """
        .formatted(rpcPort, SLOTS);
  }

  private static String zooKeeper(Path directory, int port) {
    return """
        high-availability.type: zookeeper
        high-availability.zookeeper.quorum: 127.0.0.1:%d
        high-availability.zookeeper.client.session-timeout: 4000
        high-availability.zookeeper.client.connection-timeout: 3000
        high-availability.storageDir: %s
        high-availability.cluster-id: /faults
        """
        .formatted(port, directory.resolve("ha").toUri());
  }
}
