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

package io.meru.inspect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a table is made of, as its metadata and the head's manifests tell. Nothing of its data is
 * read and no storage is listed.
 *
 * @param table the table's name
 * @param location its folder
 * @param uuid its id
 * @param formatVersion Iceberg's
 * @param keyColumns names of the primary key's columns, in key order
 * @param keyFingerprint of key columns and encoding, as in level files' names
 * @param files data files of the head
 * @param rows rows in them, dead ones included
 * @param liveRows rows that no deletion vector covers, which readers see unless one of the delete
 *     files of {@code vectors} hides them
 * @param deletedRows rows that deletion vectors cover
 * @param bytes of data files
 * @param targetFileBytes the table's {@code write.target-file-size-bytes}, which Iceberg's own
 *     writers and rewrites look at; Meru's compaction has an option of its own
 * @param lastCommit the head; null when there is none
 * @param levels the head's files by level, foreign files last
 * @param dataFiles the head's data files: by level, then hash range, foreign files last
 * @param partitions the head's files by partition
 * @param snapshots all snapshots, oldest first
 * @param sinks what the table remembers of each sink
 * @param vectors deletion vectors of the head
 * @param cleanUp what clean-up could take away
 */
public record TableShape(
    String table,
    String location,
    String uuid,
    int formatVersion,
    List<String> keyColumns,
    String keyFingerprint,
    int files,
    long rows,
    long liveRows,
    long deletedRows,
    long bytes,
    long targetFileBytes,
    @Nullable SnapshotShape lastCommit,
    List<LevelShape> levels,
    List<FileShape> dataFiles,
    List<PartitionShape> partitions,
    List<SnapshotShape> snapshots,
    List<SinkShape> sinks,
    VectorShape vectors,
    CleanUp cleanUp) {

  /**
   * The files of one level.
   *
   * @param level from 0; null for foreign files
   * @param files number of files
   * @param rows rows in them, dead ones included
   * @param liveRows rows that readers see
   * @param deletedRows rows that deletion vectors cover
   * @param deletedShare dead rows / rows, from 0 to 1
   * @param bytes of the files
   * @param sizes how large they are
   */
  public record LevelShape(
      @Nullable Integer level,
      int files,
      long rows,
      long liveRows,
      long deletedRows,
      double deletedShare,
      long bytes,
      Sizes sizes) {}

  /**
   * Sizes of files, in bytes.
   *
   * @param min the smallest
   * @param median half of the files are at most that large
   * @param max the largest
   * @param buckets numbers of files by size, ascending, without empty ones
   */
  public record Sizes(long min, long median, long max, List<SizeBucket> buckets) {}

  /**
   * Files of at most {@code upToBytes}, a power of two, and of more than half of it.
   *
   * @param upToBytes upper bound, inclusive
   * @param files number of files
   */
  public record SizeBucket(long upToBytes, int files) {}

  /**
   * A data file.
   *
   * @param path full location
   * @param level from 0; null for a foreign file
   * @param firstHash lowest hash that its rows may have; null for a foreign file
   * @param lastHash highest one, inclusive; null for a foreign file
   * @param sinkId the sink that wrote it; null for a foreign file
   * @param fingerprint of the key that it is sorted by; null for a foreign file
   * @param presentKey whether that is the table's present key; false for a foreign file
   * @param partition such as {@code day=2026-01-31}; empty in an unpartitioned table
   * @param rows rows in it, dead ones included
   * @param liveRows rows that readers see
   * @param deletedRows rows that its deletion vector covers
   * @param deletedShare dead rows / rows, from 0 to 1
   * @param bytes of the file
   * @param keyMin lower bound of each key column, in key order; null where it is not known. Bounds
   *     of long strings are cut short
   * @param keyMax upper bounds likewise
   * @param firstRowId id of its first row unless stored otherwise; null if none is assigned
   * @param dataSequenceNumber sequence number of the commit that its rows date from
   */
  public record FileShape(
      String path,
      @Nullable Integer level,
      @Nullable Integer firstHash,
      @Nullable Integer lastHash,
      @Nullable String sinkId,
      @Nullable String fingerprint,
      boolean presentKey,
      String partition,
      long rows,
      long liveRows,
      long deletedRows,
      double deletedShare,
      long bytes,
      List<@Nullable String> keyMin,
      List<@Nullable String> keyMax,
      @Nullable Long firstRowId,
      @Nullable Long dataSequenceNumber) {}

  /**
   * The files of one partition.
   *
   * @param partition such as {@code day=2026-01-31}; empty in an unpartitioned table
   * @param files number of files
   * @param levelZeroFiles those of level 0
   * @param rows rows in them, dead ones included
   * @param liveRows rows that readers see
   * @param deletedShare dead rows / rows, from 0 to 1
   * @param bytes of the files
   */
  public record PartitionShape(
      String partition,
      int files,
      int levelZeroFiles,
      long rows,
      long liveRows,
      double deletedShare,
      long bytes) {}

  /**
   * A snapshot, as its summary tells.
   *
   * @param id the snapshot
   * @param parentId the one before it; null for the first
   * @param timestampMs when it was committed, milliseconds from the epoch
   * @param operation Iceberg's: append, overwrite, replace, delete
   * @param job {@code meru.job}; null if another writer made it
   * @param sinkId {@code meru.sink-id}, likewise
   * @param runId {@code meru.run-id}, likewise
   * @param checkpointId {@code meru.checkpoint-id}, likewise
   * @param generation {@code meru.generation}, likewise
   * @param watermarkMs {@code meru.watermark}, likewise
   * @param addedFiles data files added
   * @param removedFiles data files removed
   * @param addedRows rows of the files added
   * @param removedRows rows of the files removed, dead ones included
   * @param deletedRows rows that deletion vectors cover now and did not before, less those that
   *     they no longer cover since their files were removed
   * @param addedVectors deletion vectors added
   * @param removedVectors deletion vectors replaced or removed
   * @param totalFiles data files after it
   * @param totalRows rows in them, dead ones included
   * @param liveRows rows that readers see after it
   * @param totalBytes of data files and deletion vectors after it
   */
  public record SnapshotShape(
      long id,
      @Nullable Long parentId,
      long timestampMs,
      @Nullable String operation,
      @Nullable String job,
      @Nullable String sinkId,
      @Nullable String runId,
      @Nullable Long checkpointId,
      @Nullable Long generation,
      @Nullable Long watermarkMs,
      long addedFiles,
      long removedFiles,
      long addedRows,
      long removedRows,
      long deletedRows,
      long addedVectors,
      long removedVectors,
      long totalFiles,
      long totalRows,
      long liveRows,
      long totalBytes) {}

  /**
   * What the table's properties remember of a sink.
   *
   * @param sinkId the sink
   * @param generation of its newest claim; 0 if there was none
   * @param claimOwner of its newest claim; null if there was none
   * @param runs each run's commit memory, newest last
   */
  public record SinkShape(
      String sinkId, long generation, @Nullable String claimOwner, List<RunShape> runs) {}

  /**
   * What a sink's run has committed.
   *
   * @param runId the run
   * @param generation of the sink's newest claim when it committed first
   * @param lastCheckpointId the highest checkpoint committed
   * @param torn whether commits of the run were rolled back, or may have been
   */
  public record RunShape(String runId, long generation, long lastCheckpointId, boolean torn) {}

  /**
   * Deletion vectors of the head.
   *
   * @param vectors number of them
   * @param bytes of their blobs
   * @param files Puffin files that hold them
   * @param fileBytes of these files
   * @param positionDeleteFiles position delete files of format version 2
   * @param equalityDeleteFiles equality delete files
   */
  public record VectorShape(
      int vectors,
      long bytes,
      int files,
      long fileBytes,
      int positionDeleteFiles,
      int equalityDeleteFiles) {}

  /**
   * What clean-up could take away.
   *
   * @param expirableSnapshots snapshots that an expiry by the table's properties would remove now;
   *     null where {@code gc.enabled} is false
   * @param expirableBytes bytes of the files that only these hold, as the summaries on the main
   *     branch tell; null likewise
   * @param previousMetadataFiles older metadata files that the table remembers
   * @param maxPreviousMetadataFiles how many it keeps
   * @param deletesOldMetadata whether commits delete those beyond
   * @param manifests of the head
   * @param manifestBytes of these
   */
  public record CleanUp(
      @Nullable Integer expirableSnapshots,
      @Nullable Long expirableBytes,
      int previousMetadataFiles,
      int maxPreviousMetadataFiles,
      boolean deletesOldMetadata,
      int manifests,
      long manifestBytes) {}
}
