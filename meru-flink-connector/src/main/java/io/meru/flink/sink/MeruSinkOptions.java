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

import io.meru.commit.CommitOptions;
import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.maintenance.CleanUpOptions;
import io.meru.maintenance.RetentionOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;

/**
 * Every option of the sink, for data streams and for SQL alike. Defaults are the core's; a key that
 * is not declared here is refused.
 */
public final class MeruSinkOptions {
  /** A memtable's first row takes 0.3 MB: what is much smaller would be full at once. */
  private static final MemorySize MIN_WRITE_BUFFER = MemorySize.ofMebiBytes(1);

  /** Name of the sink on the table. */
  public static final ConfigOption<String> SINK_ID =
      ConfigOptions.key("sink-id")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Stable name of this sink on the table: letters, digits, dots and underscores. Of two"
                  + " jobs with the same name on one table the older is stopped, so give a job that"
                  + " is forked on purpose a new one. Default: drawn at the first start and kept in"
                  + " the job's state. When set, it wins over the name in a restored state.");

  /** Number of writers. */
  public static final ConfigOption<Integer> WRITE_PARALLELISM =
      ConfigOptions.key("write-parallelism")
          .intType()
          .noDefaultValue()
          .withDescription(
              "Number of writer subtasks. Each owns a slice of the keys and has its own write"
                  + " buffer, so memory and the number of level-0 files per checkpoint grow with it."
                  + " Default: the parallelism of the job.");

  /** Suffix of the operators' uid. */
  public static final ConfigOption<String> UID_SUFFIX =
      ConfigOptions.key("uid-suffix")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Suffix of the uid of the sink's operators. Set it, and never change it, so that a"
                  + " changed job finds the sink's state in a savepoint. Default: no uid.");

  /** Bytes of an active memtable. */
  public static final ConfigOption<MemorySize> WRITE_BUFFER_SIZE =
      ConfigOptions.key("write-buffer.size")
          .memoryType()
          .defaultValue(new MemorySize(WriteOptions.DEFAULT_WRITE_BUFFER_BYTES))
          .withDescription(
              "Bytes of rows that a writer buffers before it flushes them, 1 mb at least. A larger"
                  + " buffer makes fewer files between two checkpoints. Price: heap, (1 +"
                  + " max-sealed) times this per writer, and the keys of sealed buffers once more"
                  + " unless the key is one integer, date, time or timestamp.");

  /** Sealed memtables that may wait. */
  public static final ConfigOption<Integer> MAX_SEALED =
      ConfigOptions.key("write-buffer.max-sealed")
          .intType()
          .defaultValue(WriteOptions.DEFAULT_MAX_SEALED)
          .withDescription(
              "Full write buffers of a writer that may wait for their flush before the writer stalls"
                  + " its input. More of them ride out longer bursts. Price: heap, one write buffer"
                  + " each, and its keys once more as said there.");

  /** Bytes of key indexes per writer. */
  public static final ConfigOption<MemorySize> RESOLVER_CACHE_SIZE =
      ConfigOptions.key("resolver.cache-size")
          .memoryType()
          .defaultValue(new MemorySize(WriteOptions.DEFAULT_RESOLVER_CACHE_BYTES))
          .withDescription(
              "Bytes of key indexes that a writer keeps, 2.5 to 7 bytes per key of the table that it"
                  + " owns (40-bit keys; 6 to 12 for short composite keys, 37 for a UUID as text; more"
                  + " where indexes of many files are merged, which at most half of the budget is used"
                  + " for). Keys of files that do not fit are read from"
                  + " Parquet pages, which costs 8 to 100 times as much CPU. Price: heap.");

  /** Bytes of edits between two checkpoints. */
  public static final ConfigOption<MemorySize> PENDING_EDIT_MAX_BYTES =
      ConfigOptions.key("pending-edit.max-bytes")
          .memoryType()
          .defaultValue(new MemorySize(WriteOptions.DEFAULT_PENDING_EDIT_MAX_BYTES))
          .withDescription(
              "Bytes of deleted positions, keys of pure deletes and added files with their statistics"
                  + " that a writer may gather between two checkpoints; beyond it the job fails. They"
                  + " travel in the checkpoint, so a larger value means larger checkpoints and more"
                  + " heap.");

  /** Codec of level-0 files. */
  public static final ConfigOption<String> LEVEL0_CODEC =
      ConfigOptions.key("level0.compression-codec")
          .stringType()
          .defaultValue(LevelOptions.LEVEL_0_DEFAULTS.codec())
          .withDescription(
              "Parquet codec of level-0 files: zstd, snappy, gzip, lz4_raw or uncompressed. Stronger"
                  + " codecs make smaller files. Price: CPU in every checkpoint.");

  /** Level of that codec. */
  public static final ConfigOption<Integer> LEVEL0_CODEC_LEVEL =
      ConfigOptions.key("level0.compression-level")
          .intType()
          .defaultValue(LevelOptions.LEVEL_0_DEFAULTS.codecLevel())
          .withDescription(
              "Level of zstd or gzip for level-0 files; other codecs have none. Higher levels make"
                  + " smaller files. Price: CPU in every checkpoint.");

  /** Rows per page. */
  public static final ConfigOption<Integer> LEVEL0_PAGE_ROW_LIMIT =
      ConfigOptions.key("level0.page-row-limit")
          .intType()
          .defaultValue(LevelOptions.LEVEL_0_DEFAULTS.pageRowLimit())
          .withDescription(
              "Rows after which a Parquet page of a level-0 file ends. Smaller pages make key reads"
                  + " of sparse updates cheaper. Price: CPU to write and larger page indexes.");

  /** Bytes per page. */
  public static final ConfigOption<MemorySize> LEVEL0_PAGE_SIZE =
      ConfigOptions.key("level0.page-size")
          .memoryType()
          .defaultValue(new MemorySize(LevelOptions.LEVEL_0_DEFAULTS.pageBytes()))
          .withDescription(
              "Bytes after which a Parquet page of a level-0 file ends. Price of larger pages: heap"
                  + " while writing, and more bytes read for one key.");

  /** Bytes per row group. */
  public static final ConfigOption<MemorySize> LEVEL0_ROW_GROUP_SIZE =
      ConfigOptions.key("level0.row-group-size")
          .memoryType()
          .defaultValue(new MemorySize(LevelOptions.LEVEL_0_DEFAULTS.rowGroupBytes()))
          .withDescription(
              "Bytes after which a Parquet row group of a level-0 file ends. Larger row groups scan"
                  + " faster. Price: heap while writing.");

  /** Bloom filters on key columns. */
  public static final ConfigOption<Boolean> BLOOM_FILTER =
      ConfigOptions.key("bloom-filter.enabled")
          .booleanType()
          .defaultValue(LevelOptions.LEVEL_0_DEFAULTS.bloomFilter())
          .withDescription(
              "Whether key columns get a Parquet Bloom filter, which engines use for point filters."
                  + " Price: about 4 % CPU and 2.7 % size.");

  /** False-positive probability of the filters. */
  public static final ConfigOption<Double> BLOOM_FILTER_FPP =
      ConfigOptions.key("bloom-filter.fpp")
          .doubleType()
          .defaultValue(LevelOptions.LEVEL_0_DEFAULTS.bloomFilterFpp())
          .withDescription(
              "Probability, between 0 and 1, that a Bloom filter takes an absent key for a present"
                  + " one. Price of a smaller one: larger files.");

  /** The compactor. */
  public static final ConfigOption<Boolean> COMPACTION_ENABLED =
      ConfigOptions.key("compaction.enabled")
          .booleanType()
          .defaultValue(CompactionOptions.DEFAULT_ENABLED)
          .withDescription(
              "Whether writers merge level files in the background. Without it files pile up and"
                  + " deleted rows stay, which every scan reads, until another tool rewrites them."
                  + " Price: CPU, I/O and heap of a thread per writer, each row rewritten a few times,"
                  + " a second snapshot for checkpoints with compactions.");

  /** Files of a level that are merged. */
  public static final ConfigOption<Integer> COMPACTION_LEVEL_TRIGGER =
      ConfigOptions.key("compaction.level-trigger")
          .intType()
          .defaultValue(CompactionOptions.DEFAULT_LEVEL_TRIGGER)
          .withDescription(
              "Files of one partition and level at which a writer merges them into the next level."
                  + " Fewer files make scans open fewer of them. Price of fewer: each row is"
                  + " rewritten more often.");

  /** Share of deleted rows. */
  public static final ConfigOption<Double> COMPACTION_DELETED_RATIO =
      ConfigOptions.key("compaction.deleted-ratio")
          .doubleType()
          .defaultValue(CompactionOptions.DEFAULT_DELETED_RATIO)
          .withDescription(
              "Share of a file's rows that are deleted before it is rewritten, above 0 and at most 1."
                  + " Scans read deleted rows as well. A few small files of a partition wait for"
                  + " more, or for compaction.rest-after: 1/64 of compaction.target-file-size must be deleted, or there must be"
                  + " compaction.level-trigger of them. Price of a smaller one: (1 - ratio) / ratio"
                  + " rows are rewritten for each update.");

  /** Size of compacted files. */
  public static final ConfigOption<MemorySize> COMPACTION_TARGET_FILE_SIZE =
      ConfigOptions.key("compaction.target-file-size")
          .memoryType()
          .defaultValue(new MemorySize(CompactionOptions.DEFAULT_TARGET_FILE_BYTES))
          .withDescription(
              "Size that a file should have. One of half of it or more is merged no further, unless"
                  + " its deleted rows, or at rest small files beside it, ask for it. Price of a larger one: rows are rewritten more"
                  + " often until they are in such a file.");

  /** Bytes of one compaction. */
  public static final ConfigOption<MemorySize> COMPACTION_MAX_SIZE =
      ConfigOptions.key("compaction.max-size")
          .memoryType()
          .defaultValue(new MemorySize(CompactionOptions.DEFAULT_MAX_BYTES))
          .withDescription(
              "Bytes of live rows that one compaction takes; two files are taken anyway. Price of a"
                  + " larger one: compactions take longer, and what they have done is lost when the"
                  + " job fails meanwhile.");

  /** Level-0 files that slow the input down. */
  public static final ConfigOption<Integer> COMPACTION_SLOWDOWN_TRIGGER =
      ConfigOptions.key("compaction.slowdown-trigger")
          .intType()
          .defaultValue(CompactionOptions.DEFAULT_SLOWDOWN_TRIGGER)
          .withDescription(
              "Level-0 files of one partition at which a writer slows its input down while a"
                  + " compaction runs, and ends one of a partition at rest. Price of a lower one:"
                  + " bursts are slowed down.");

  /** Level-0 files that stop the input. */
  public static final ConfigOption<Integer> COMPACTION_STOP_TRIGGER =
      ConfigOptions.key("compaction.stop-trigger")
          .intType()
          .defaultValue(CompactionOptions.DEFAULT_STOP_TRIGGER)
          .withDescription(
              "Level-0 files of one partition at which a writer's input waits for the compaction that"
                  + " runs. A barrier waits as long as the rows before it. Price of a higher one: more files for readers.");

  /** Wait for compactions. */
  public static final ConfigOption<Duration> COMPACTION_MAX_STALL =
      ConfigOptions.key("compaction.max-stall")
          .durationType()
          .defaultValue(Duration.ofMillis(CompactionOptions.DEFAULT_MAX_STALL_MILLIS))
          .withDescription(
              "How long a writer's input waits for compactions, or is slowed down for them, in one go"
                  + " and for any one of them; 0 for not at all. Then it goes on, and so does the"
                  + " compaction. Time without a wait makes up for four times as much, so that an"
                  + " input is held up for four fifths of the time at most. Keep it well below the"
                  + " timeout of checkpoints, whose barriers wait behind the input. Price of a shorter"
                  + " one: more files for readers while compactions are slow.");

  /** Rate of compactions. */
  public static final ConfigOption<MemorySize> COMPACTION_MAX_RATE =
      ConfigOptions.key("compaction.max-rate")
          .memoryType()
          .defaultValue(MemorySize.ZERO)
          .withDescription(
              "Bytes per second that compactions of one writer read and write together; 0 for no"
                  + " limit. It does not hold while the input waits for a compaction. Price of a"
                  + " limit: files pile up when it is below what updates ask for.");

  /** Time without changes. */
  public static final ConfigOption<Duration> COMPACTION_REST_AFTER =
      ConfigOptions.key("compaction.rest-after")
          .durationType()
          .defaultValue(Duration.ofMillis(CompactionOptions.DEFAULT_REST_AFTER_MILLIS))
          .withDescription(
              "Time without changes of a partition, or of a table that has none, after which a writer"
                  + " merges what is left of its files there: small ones whatever their number, and"
                  + " those with more than 5 % of their rows deleted; 0 for never. Price of a shorter"
                  + " one: in a partition that changes now and then some tens of rows are rewritten"
                  + " for each that has changed, and each time that it has not for twelve times as"
                  + " long, its smallest file of about compaction.target-file-size.");

  /** Codec of deeper levels. */
  public static final ConfigOption<String> LEVEL1_CODEC =
      ConfigOptions.key("level1.compression-codec")
          .stringType()
          .defaultValue(LevelOptions.DEEPER_DEFAULTS.codec())
          .withDescription("Like level0.compression-codec, for files of level 1 and deeper.");

  /** Level of that codec. */
  public static final ConfigOption<Integer> LEVEL1_CODEC_LEVEL =
      ConfigOptions.key("level1.compression-level")
          .intType()
          .defaultValue(LevelOptions.DEEPER_DEFAULTS.codecLevel())
          .withDescription(
              "Like level0.compression-level, for files of level 1 and deeper. Price of a higher one:"
                  + " CPU of compactions.");

  /** Rows per page. */
  public static final ConfigOption<Integer> LEVEL1_PAGE_ROW_LIMIT =
      ConfigOptions.key("level1.page-row-limit")
          .intType()
          .defaultValue(LevelOptions.DEEPER_DEFAULTS.pageRowLimit())
          .withDescription("Like level0.page-row-limit, for files of level 1 and deeper.");

  /** Bytes per page. */
  public static final ConfigOption<MemorySize> LEVEL1_PAGE_SIZE =
      ConfigOptions.key("level1.page-size")
          .memoryType()
          .defaultValue(new MemorySize(LevelOptions.DEEPER_DEFAULTS.pageBytes()))
          .withDescription("Like level0.page-size, for files of level 1 and deeper.");

  /** Bytes per row group. */
  public static final ConfigOption<MemorySize> LEVEL1_ROW_GROUP_SIZE =
      ConfigOptions.key("level1.row-group-size")
          .memoryType()
          .defaultValue(new MemorySize(LevelOptions.DEEPER_DEFAULTS.rowGroupBytes()))
          .withDescription("Like level0.row-group-size, for files of level 1 and deeper.");

  /** Plans per committable. */
  public static final ConfigOption<Integer> COMMIT_MAX_ATTEMPTS =
      ConfigOptions.key("commit.max-attempts")
          .intType()
          .defaultValue(CommitOptions.DEFAULTS.maxAttempts())
          .withDescription(
              "How often a checkpoint's commit is planned anew after another writer was faster,"
                  + " before the job fails over. Price of more: a busy table delays checkpoints"
                  + " instead of failing the job.");

  /** First wait. */
  public static final ConfigOption<Duration> COMMIT_MIN_BACKOFF =
      ConfigOptions.key("commit.min-backoff")
          .durationType()
          .defaultValue(Duration.ofMillis(CommitOptions.DEFAULTS.minBackoffMs()))
          .withDescription(
              "Wait after a lost race for the table's head, ten times; after more of them, and after"
                  + " failures of the catalog, doubled from one to the next. Price of a longer one:"
                  + " later commits on busy tables.");

  /** Longest wait. */
  public static final ConfigOption<Duration> COMMIT_MAX_BACKOFF =
      ConfigOptions.key("commit.max-backoff")
          .durationType()
          .defaultValue(Duration.ofMillis(CommitOptions.DEFAULTS.maxBackoffMs()))
          .withDescription(
              "Longest wait between two attempts to commit, and for another sink's commit that has"
                  + " been overtaken again and again. Price of a longer one: later commits on busy"
                  + " tables.");

  /** Bytes of deletion vectors in the committer. */
  public static final ConfigOption<MemorySize> COMMIT_VECTOR_CACHE_SIZE =
      ConfigOptions.key("commit.vector-cache-size")
          .memoryType()
          .defaultValue(new MemorySize(CommitOptions.DEFAULTS.vectorCacheBytes()))
          .withDescription(
              "Bytes of deletion vectors that the committer keeps, so that it need not read the ones"
                  + " that it wrote itself. Price: heap of the one committer.");

  /** Bytes of key indexes in the committer. */
  public static final ConfigOption<MemorySize> COMMIT_RESOLVER_CACHE_SIZE =
      ConfigOptions.key("commit.resolver-cache-size")
          .memoryType()
          .defaultValue(new MemorySize(CommitOptions.DEFAULTS.resolverCacheBytes()))
          .withDescription(
              "Bytes of key indexes that the committer keeps for checkpoints that it has to resolve"
                  + " again because others changed the table. Price: heap of the one committer.");

  /** Snapshots without changes. */
  public static final ConfigOption<Boolean> COMMIT_EMPTY_CHECKPOINTS =
      ConfigOptions.key("commit.empty-checkpoints")
          .booleanType()
          .defaultValue(CommitOptions.DEFAULTS.emptyCheckpoints())
          .withDescription(
              "Whether a checkpoint that changes no row becomes a snapshot, too: an empty one, with"
                  + " the checkpoint's id and watermark in its summary, so that a reader of these"
                  + " sees that time goes on. Price: metadata of 1 KB and a commit for every"
                  + " checkpoint.");

  /** The cleaner. */
  public static final ConfigOption<Boolean> CLEAN_UP_ENABLED =
      ConfigOptions.key("clean-up.enabled")
          .booleanType()
          .defaultValue(CleanUpOptions.DEFAULTS.enabled())
          .withDescription(
              "Whether the job expires snapshots and removes orphans. Price of false: someone else"
                  + " has to, or metadata.json, which every commit writes, grows by 1.1 KB with each"
                  + " snapshot.");

  /** Time between two expiries. */
  public static final ConfigOption<Duration> CLEAN_UP_INTERVAL =
      ConfigOptions.key("clean-up.interval")
          .durationType()
          .defaultValue(CleanUpOptions.DEFAULTS.expireInterval())
          .withDescription(
              "Time between two expiries of snapshots, each right after a commit. Price of a shorter"
                  + " one: one more metadata file each time, and a look for files in the background;"
                  + " of a longer one: as many snapshots more.");

  /** Age of the oldest snapshots. */
  public static final ConfigOption<Duration> SNAPSHOT_TIME_RETAINED =
      ConfigOptions.key("snapshot.time-retained")
          .durationType()
          .noDefaultValue()
          .withDescription(
              "Age beyond which a snapshot is expired. The files of one that was expired before,"
                  + " because of snapshot.num-retained.max, stay until this age as well while the job"
                  + " runs, so that no query which had begun on it fails. Default: the table's"
                  + " history.expire.max-snapshot-age-ms, if it has one, else 1 h. Price of a longer"
                  + " one: disk, and larger metadata where the number does not bound it.");

  /** Age of snapshots that stay, however many. */
  public static final ConfigOption<Duration> SNAPSHOT_MIN_TIME_RETAINED =
      ConfigOptions.key("snapshot.min-time-retained")
          .durationType()
          .defaultValue(RetentionOptions.DEFAULTS.minTimeRetained())
          .withDescription(
              "Age below which no snapshot is expired, however many there are, so that a pending"
                  + " commit finds the snapshots since its base. Where several jobs write to the table,"
                  + " set it in each above the longest checkpoint interval of any: a job whose last"
                  + " commit is expired resolves the keys of every checkpoint twice until it restarts."
                  + " Price: metadata.json has at least this time's snapshots, 330 KB for 5 minutes of"
                  + " checkpoints of 1 s, and up to twice that where they have compactions.");

  /** Snapshots that stay, however old. */
  public static final ConfigOption<Integer> SNAPSHOT_NUM_RETAINED_MIN =
      ConfigOptions.key("snapshot.num-retained.min")
          .intType()
          .noDefaultValue()
          .withDescription(
              "Newest snapshots that are never expired, however old they are. Default: the table's"
                  + " history.expire.min-snapshots-to-keep, if it has one, else "
                  + RetentionOptions.DEFAULTS.minSnapshots()
                  + ". Price of more: the data files that only they need.");

  /** Snapshots beyond which older ones go. */
  public static final ConfigOption<Integer> SNAPSHOT_NUM_RETAINED_MAX =
      ConfigOptions.key("snapshot.num-retained.max")
          .intType()
          .noDefaultValue()
          .withDescription(
              "Snapshots beyond which older ones are expired before their time, unless they are"
                  + " younger than snapshot.min-time-retained. Default: "
                  + RetentionOptions.DEFAULTS.maxSnapshots()
                  + ", but without bound where the table sets an age and the job does not. Price of"
                  + " more: 1.1 KB of metadata.json each, which every commit writes and every writer"
                  + " reads at every checkpoint.");

  /** Time between two removals of orphans. */
  public static final ConfigOption<Duration> ORPHAN_REMOVAL_INTERVAL =
      ConfigOptions.key("orphan-removal.interval")
          .durationType()
          .defaultValue(CleanUpOptions.DEFAULTS.orphanInterval())
          .withDescription(
              "Time between two searches for files of Meru's and of commits that failed, which no"
                  + " snapshot names; 0 for none. The first comes after a random part of it. Price of"
                  + " a shorter one: a listing of the table's folders and a read of all manifests.");

  /** Age of orphans. */
  public static final ConfigOption<Duration> ORPHAN_REMOVAL_MIN_AGE =
      ConfigOptions.key("orphan-removal.min-age")
          .durationType()
          .defaultValue(CleanUpOptions.DEFAULTS.orphans().minAge())
          .withDescription(
              "Age below which no orphan is removed, 1 day at least. Keep it above the longest time"
                  + " that a job is down between a checkpoint and its commit: the files of that"
                  + " checkpoint are orphans till then. Price of a longer one: disk.");

  private static final List<ConfigOption<?>> ALL =
      List.of(
          SINK_ID,
          WRITE_PARALLELISM,
          UID_SUFFIX,
          WRITE_BUFFER_SIZE,
          MAX_SEALED,
          RESOLVER_CACHE_SIZE,
          PENDING_EDIT_MAX_BYTES,
          LEVEL0_CODEC,
          LEVEL0_CODEC_LEVEL,
          LEVEL0_PAGE_ROW_LIMIT,
          LEVEL0_PAGE_SIZE,
          LEVEL0_ROW_GROUP_SIZE,
          BLOOM_FILTER,
          BLOOM_FILTER_FPP,
          COMPACTION_ENABLED,
          COMPACTION_LEVEL_TRIGGER,
          COMPACTION_DELETED_RATIO,
          COMPACTION_TARGET_FILE_SIZE,
          COMPACTION_MAX_SIZE,
          COMPACTION_SLOWDOWN_TRIGGER,
          COMPACTION_STOP_TRIGGER,
          COMPACTION_MAX_STALL,
          COMPACTION_MAX_RATE,
          COMPACTION_REST_AFTER,
          LEVEL1_CODEC,
          LEVEL1_CODEC_LEVEL,
          LEVEL1_PAGE_ROW_LIMIT,
          LEVEL1_PAGE_SIZE,
          LEVEL1_ROW_GROUP_SIZE,
          COMMIT_MAX_ATTEMPTS,
          COMMIT_MIN_BACKOFF,
          COMMIT_MAX_BACKOFF,
          COMMIT_VECTOR_CACHE_SIZE,
          COMMIT_RESOLVER_CACHE_SIZE,
          COMMIT_EMPTY_CHECKPOINTS,
          CLEAN_UP_ENABLED,
          CLEAN_UP_INTERVAL,
          SNAPSHOT_TIME_RETAINED,
          SNAPSHOT_MIN_TIME_RETAINED,
          SNAPSHOT_NUM_RETAINED_MIN,
          SNAPSHOT_NUM_RETAINED_MAX,
          ORPHAN_REMOVAL_INTERVAL,
          ORPHAN_REMOVAL_MIN_AGE);

  private MeruSinkOptions() {}

  /** Every option, in the order of the documentation. */
  public static List<ConfigOption<?>> all() {
    return ALL;
  }

  /**
   * Refuses keys that no option has.
   *
   * @throws IllegalArgumentException naming the unknown keys and the known ones
   */
  static void checkKeys(Map<String, String> options) {
    Set<String> known = ALL.stream().map(ConfigOption::key).collect(Collectors.toSet());
    Set<String> unknown = new TreeSet<>(options.keySet());
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "Unknown options of the Meru sink: %s. It has these: %s"
              .formatted(unknown, new TreeSet<>(known)));
    }
  }

  /** Reads the options of {@code options} as one configuration. */
  static ReadableConfig configuration(Map<String, String> options) {
    return Configuration.fromMap(options);
  }

  /** The settings of one writer. */
  static WriteOptions writeOptions(ReadableConfig config) {
    return new WriteOptions(
        writeBufferBytes(config.get(WRITE_BUFFER_SIZE)),
        config.get(MAX_SEALED),
        config.get(RESOLVER_CACHE_SIZE).getBytes(),
        config.get(PENDING_EDIT_MAX_BYTES).getBytes(),
        levelOptions(config),
        compactionOptions(config));
  }

  /** When a writer compacts, and how. */
  private static CompactionOptions compactionOptions(ReadableConfig config) {
    return new CompactionOptions(
        config.get(COMPACTION_ENABLED),
        config.get(COMPACTION_LEVEL_TRIGGER),
        config.get(COMPACTION_DELETED_RATIO),
        config.get(COMPACTION_TARGET_FILE_SIZE).getBytes(),
        config.get(COMPACTION_MAX_SIZE).getBytes(),
        config.get(COMPACTION_SLOWDOWN_TRIGGER),
        config.get(COMPACTION_STOP_TRIGGER),
        config.get(COMPACTION_MAX_STALL).toMillis(),
        config.get(COMPACTION_MAX_RATE).getBytes(),
        millisUp(config.get(COMPACTION_REST_AFTER)),
        new LevelOptions(
            config.get(LEVEL1_CODEC),
            config.get(LEVEL1_CODEC_LEVEL),
            config.get(LEVEL1_PAGE_ROW_LIMIT),
            Math.toIntExact(config.get(LEVEL1_PAGE_SIZE).getBytes()),
            config.get(LEVEL1_ROW_GROUP_SIZE).getBytes(),
            config.get(BLOOM_FILTER),
            config.get(BLOOM_FILTER_FPP)));
  }

  /** Less than a millisecond must not become none, which has a meaning of its own. */
  private static long millisUp(Duration duration) {
    return duration.isNegative() || duration.isZero()
        ? duration.toMillis()
        : Math.max(1, duration.toMillis());
  }

  /** The settings of the committer. */
  static CommitOptions commitOptions(ReadableConfig config, Map<String, String> summary) {
    return new CommitOptions(
        config.get(COMMIT_MAX_ATTEMPTS),
        config.get(COMMIT_MIN_BACKOFF).toMillis(),
        config.get(COMMIT_MAX_BACKOFF).toMillis(),
        config.get(COMMIT_VECTOR_CACHE_SIZE).getBytes(),
        config.get(COMMIT_RESOLVER_CACHE_SIZE).getBytes(),
        config.get(COMMIT_EMPTY_CHECKPOINTS),
        summary);
  }

  /** What the committer's cleaner does. */
  static CleanUpOptions cleanUpOptions(ReadableConfig config) {
    return new CleanUpOptions(
        config.get(CLEAN_UP_ENABLED),
        config.get(CLEAN_UP_INTERVAL),
        new RetentionOptions(
            config.getOptional(SNAPSHOT_TIME_RETAINED).orElse(null),
            config.getOptional(SNAPSHOT_MIN_TIME_RETAINED).orElse(null),
            config.getOptional(SNAPSHOT_NUM_RETAINED_MIN).orElse(null),
            config.getOptional(SNAPSHOT_NUM_RETAINED_MAX).orElse(null)),
        config.get(ORPHAN_REMOVAL_INTERVAL),
        CleanUpOptions.DEFAULTS.orphans().withMinAge(config.get(ORPHAN_REMOVAL_MIN_AGE), false));
  }

  private static long writeBufferBytes(MemorySize size) {
    if (size.compareTo(MIN_WRITE_BUFFER) < 0) {
      throw new IllegalArgumentException(
          ("Option '%s' must be at least %s but was %s: a writer flushes a full buffer to a file of"
                  + " its own, and these files would hold a few rows each. Leave it out for %s.")
              .formatted(
                  WRITE_BUFFER_SIZE.key(),
                  MIN_WRITE_BUFFER,
                  size,
                  WRITE_BUFFER_SIZE.defaultValue()));
    }
    return size.getBytes();
  }

  private static LevelOptions levelOptions(ReadableConfig config) {
    return new LevelOptions(
        config.get(LEVEL0_CODEC),
        config.get(LEVEL0_CODEC_LEVEL),
        config.get(LEVEL0_PAGE_ROW_LIMIT),
        Math.toIntExact(config.get(LEVEL0_PAGE_SIZE).getBytes()),
        config.get(LEVEL0_ROW_GROUP_SIZE).getBytes(),
        config.get(BLOOM_FILTER),
        config.get(BLOOM_FILTER_FPP));
  }
}
