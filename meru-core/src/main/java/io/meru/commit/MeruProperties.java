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

package io.meru.commit;

import java.util.Map;

/**
 * Names of what Meru writes into snapshots and table properties. They are part of the table's
 * format: tools read them, so none may change its meaning.
 */
public final class MeruProperties {
  /** Snapshot: digest that names the committable ({@link CommitId}). */
  public static final String COMMIT_ID = "meru.commit-id";

  /** Snapshot: which part of its commit it is, from 0. */
  public static final String PART = "meru.part";

  /**
   * Snapshot: how many snapshots its commit made; a commit is in the table when the last of them
   * is.
   */
  public static final String PARTS = "meru.parts";

  /** Snapshot: the checkpoint whose rows it holds. */
  public static final String CHECKPOINT_ID = "meru.checkpoint-id";

  /**
   * Snapshot: what made it, {@link #JOB_FLUSH}, {@link #JOB_COMPACTION}, {@link #JOB_CLAIM} or
   * {@link #JOB_REWRITE_DELETES}.
   */
  public static final String JOB = "meru.job";

  /** A flush: rows and deletes of one checkpoint. */
  public static final String JOB_FLUSH = "flush";

  /** A compaction: rows moved to other files, none changed. */
  public static final String JOB_COMPACTION = "compaction";

  /** A claim: no change of rows; a run takes over a sink id. */
  public static final String JOB_CLAIM = "claim";

  /** Other writers' delete files became deletion vectors: no change of rows. */
  public static final String JOB_REWRITE_DELETES = "rewrite-deletes";

  /** Snapshot: the sink that made it. */
  public static final String SINK_ID = "meru.sink-id";

  /** Snapshot: the run that made the edits. */
  public static final String RUN_ID = "meru.run-id";

  /** Snapshot: the edits in it, each by the first eight hexadecimal digits of its id. */
  public static final String EDITS = "meru.edits";

  /**
   * Snapshot: the edits whose compactions were dropped, like {@link #EDITS}: another writer had
   * changed their inputs.
   */
  public static final String DROPPED_COMPACTIONS = "meru.dropped-compactions";

  /**
   * Snapshot: {@code true} where the writer of an edit may have relied on commits of its run that
   * were rolled back. Writers of the run load the table anew when they see it.
   */
  public static final String TORN = "meru.torn";

  /** Snapshot: generation of the newest claim of {@link #SINK_ID} when it was committed. */
  public static final String GENERATION = "meru.generation";

  /** Snapshot: sequence number of its first change. */
  public static final String FIRST_SEQ = "meru.first-seq";

  /** Snapshot: sequence number of its last change. */
  public static final String LAST_SEQ = "meru.last-seq";

  /** Snapshot: event time in ms up to which the sink's rows are in. Never goes back. */
  public static final String WATERMARK = "meru.watermark";

  /** Snapshot: the checkpoint again, under the name that tools for Iceberg's sink look for. */
  public static final String FLINK_CHECKPOINT_ID = "flink.max-committed-checkpoint-id";

  /** Snapshot: the sink's id; Iceberg's own sink, too, names its operator there. */
  public static final String FLINK_OPERATOR_ID = "flink.operator-id";

  /** Table property: sequence number of the next change. */
  public static final String NEXT_SEQ = "meru.next-seq";

  /** Table property: token of the committer whose {@link Turn} it is, while there is one. */
  public static final String TURN = "meru.turn";

  /** What the names of all {@link #committed} properties start with. */
  static final String COMMITTED_PREFIX = "meru.committed.";

  /** What the names of all {@link #claim} properties start with. */
  static final String CLAIM_PREFIX = "meru.claim.";

  private MeruProperties() {}

  /** Whether a snapshot with this summary is the last one of its commit. */
  static boolean isLastPart(Map<String, String> summary) {
    int parts = Integer.parseInt(summary.getOrDefault(PARTS, "1"));
    return Integer.parseInt(summary.getOrDefault(PART, "0")) == parts - 1;
  }

  /** Table property: {@code generation:owner} of the newest claim of {@code sinkId}. */
  public static String claim(String sinkId) {
    return CLAIM_PREFIX + sinkId;
  }

  /** Table property: what {@link CommitMemory} remembers of {@code runId}. */
  public static String committed(String sinkId, String runId) {
    return committedPrefix(sinkId) + runId;
  }

  /** What the names of all {@link #committed} properties of {@code sinkId} start with. */
  static String committedPrefix(String sinkId) {
    return COMMITTED_PREFIX + sinkId + ".";
  }
}
