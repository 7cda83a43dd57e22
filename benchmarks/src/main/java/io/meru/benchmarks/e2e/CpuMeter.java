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

package io.meru.benchmarks.e2e;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads what this process has used so far: CPU of all its threads, grouped by what they are for,
 * CPU of child processes that have ended, peak memory. Linux and HotSpot; needs {@code --add-opens
 * java.management/sun.management=ALL-UNNAMED} to tell the JIT's and the collector's threads apart.
 */
final class CpuMeter {
  /** Group of the JIT compiler's threads. */
  static final String JIT = "jit";

  /** Group of the garbage collector's threads. */
  static final String GC = "gc";

  /** Group of the thread that opens batches and looks for commits. */
  static final String DRIVER = "driver";

  /** Group of Flink's task threads: source, writer, committer. */
  static final String TASKS = "tasks";

  private static final long NANOS_PER_TICK = 10_000_000; // USER_HZ is 100 on every Linux port
  private static final OperatingSystemMXBean OS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final long driverThread;
  private final Map<Long, Long> lastByThread = new HashMap<>();
  private final Map<String, Long> byGroup = new TreeMap<>();

  /** A meter for which the calling thread is the driver. */
  CpuMeter() {
    driverThread = Thread.currentThread().getId();
  }

  /**
   * Totals since the process started.
   *
   * @param processNanos CPU of the process, without children
   * @param childNanos CPU of children that have ended
   * @param groups CPU by group of threads; threads that ended before a reading saw them are missing
   */
  record Reading(long processNanos, long childNanos, Map<String, Long> groups) {
    Reading minus(Reading earlier) {
      Map<String, Long> difference = new TreeMap<>();
      groups.forEach((k, v) -> difference.put(k, v - earlier.groups.getOrDefault(k, 0L)));
      return new Reading(
          processNanos - earlier.processNanos, childNanos - earlier.childNanos, difference);
    }

    long group(String name) {
      return groups.getOrDefault(name, 0L);
    }

    /** CPU of the process but for the driver's thread. */
    long engineNanos() {
      return processNanos - group(DRIVER);
    }
  }

  /** Reads all counters now. */
  Reading read() {
    long process = OS.getProcessCpuTime();
    long children = childNanos();
    addJavaThreads();
    Map<String, Long> groups = new TreeMap<>(byGroup);
    internalThreads().forEach((name, nanos) -> groups.merge(internalGroup(name), nanos, Long::sum));
    return new Reading(process, children, groups);
  }

  /** Highest resident memory of this process so far. */
  static long peakRssBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
      throw new IllegalStateException("No VmHWM in /proc/self/status");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read /proc/self/status", e);
    }
  }

  private void addJavaThreads() {
    long[] ids = THREADS.getAllThreadIds();
    ThreadInfo[] infos = THREADS.getThreadInfo(ids);
    for (int i = 0; i < ids.length; i++) {
      long nanos = THREADS.getThreadCpuTime(ids[i]);
      if (infos[i] != null && nanos >= 0) {
        Long before = lastByThread.put(ids[i], nanos);
        String group = ids[i] == driverThread ? DRIVER : javaGroup(infos[i].getThreadName());
        byGroup.merge(group, nanos - (before == null ? 0 : before), Long::sum);
      }
    }
  }

  private static String javaGroup(String name) {
    if (name.startsWith("meru-flush")) {
      return "meru flush";
    }
    if (name.contains("#") && name.contains("(") && name.contains("/")) {
      return TASKS; // "Source: batches -> ... (1/2)#0"
    }
    if (name.startsWith("iceberg")) {
      return "iceberg pool";
    }
    if (name.contains("compaction")) {
      return "compaction";
    }
    if (name.startsWith("flink-") || name.contains("pekko")) {
      return "flink rpc";
    }
    return "other";
  }

  private static String internalGroup(String name) {
    if (name.contains("Compiler")) {
      return JIT;
    }
    return name.startsWith("GC ") || name.startsWith("G1 ") ? GC : "vm";
  }

  private static long childNanos() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      // Fields 16 and 17 of proc(5), cutime and cstime; the split starts with field 3.
      return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * NANOS_PER_TICK;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read /proc/self/stat", e);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Long> internalThreads() {
    try {
      Method factory =
          Class.forName("sun.management.ManagementFactoryHelper")
              .getDeclaredMethod("getHotspotThreadMBean");
      factory.setAccessible(true);
      Object bean = factory.invoke(null);
      Method times = bean.getClass().getDeclaredMethod("getInternalThreadCpuTimes");
      times.setAccessible(true);
      return (Map<String, Long>) times.invoke(bean);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "Cannot read the CPU of the JVM's own threads; start with"
              + " --add-opens java.management/sun.management=ALL-UNNAMED",
          e);
    }
  }
}
