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

package io.meru.compaction;

import io.meru.config.LevelOptions;
import io.meru.flush.LevelFileStore;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyFileOpener;
import io.meru.levelfile.MergeControl;
import io.meru.levelfile.MergeRows;
import io.meru.levelfile.MergeSource;
import io.meru.levelfile.MergedFileWriter;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.io.OutputFile;
import org.jspecify.annotations.Nullable;

/**
 * Merges level files into fewer, larger ones: first the keys of as many rows as make a row group,
 * which gives the order of the rows, then one column of these rows after the other. Used by one
 * thread at a time.
 */
public final class MergeJob {
  private final KeySpec keySpec;
  private final LevelOptions options;
  private final KeyFileOpener keyFiles;
  private final MergedFileWriter writer;
  private final LevelFileStore store;

  /**
   * A job that writes to {@code store}.
   *
   * @param options of the level that it writes to; the same that {@code writer} has
   */
  public MergeJob(
      KeySpec keySpec,
      LevelOptions options,
      KeyFileOpener keyFiles,
      MergedFileWriter writer,
      LevelFileStore store) {
    this.keySpec = keySpec;
    this.options = options;
    this.keyFiles = keyFiles;
    this.writer = writer;
    this.store = store;
  }

  /** Why a file cannot be merged, and stays as it is; empty if it can. */
  public Optional<String> refusal(String path, long fileSizeBytes) {
    return writer.refusal(path, fileSizeBytes);
  }

  /**
   * Merges.
   *
   * @param inputs at most {@value io.meru.levelfile.MergeRows#MAX_INPUTS}, of one partition; no key
   *     has more than one row that is taken
   * @param keys takes the outputs' keys
   * @param control may slow it down or end it
   * @throws io.meru.error.DuplicateKeyException if a key has two rows, or a file is not sorted; the
   *     message says which. Whatever is thrown, the outputs are discarded, and the inputs are as
   *     they were
   * @throws io.meru.error.UnsupportedTableException if an input cannot be merged
   * @throws io.meru.error.CorruptFileException if an input is damaged
   */
  public MergeResult run(
      List<MergeInput> inputs, MergeTarget target, OutputKeys keys, MergeControl control) {
    if (inputs.size() > MergeRows.MAX_INPUTS) {
      throw new IllegalArgumentException(
          "A merge has at most %d inputs but got %d"
              .formatted(MergeRows.MAX_INPUTS, inputs.size()));
    }
    try (Run run = new Run(inputs, target, keys, control)) {
      return run.merge();
    }
  }

  /** One merge on its way. */
  private final class Run implements AutoCloseable {
    private final List<MergeInput> inputs;
    private final MergeTarget target;
    private final OutputKeys keys;
    private final MergeControl control;
    private final List<KeySource> keySources = new ArrayList<>();
    private final List<MergeSource> sources = new ArrayList<>();
    private final List<AddedFile> added = new ArrayList<>();
    private final MergeOrder order;
    private final OutputSplit split;

    private @Nullable String unfinished;
    private long finishedBytes;
    private long rows;

    Run(List<MergeInput> inputs, MergeTarget target, OutputKeys keys, MergeControl control) {
      this.inputs = inputs;
      this.target = target;
      this.keys = keys;
      this.control = control;
      this.order = new MergeOrder(inputs.size());
      this.split = newSplit();
    }

    MergeResult merge() {
      try {
        open();
        KeyMerge merge = new KeyMerge(keySpec.isFixedLong(), keySources);
        while (!merge.isDone()) {
          writeFile(merge);
        }
        long bytesRead = bytesRead();
        return new MergeResult(List.copyOf(added), positions(), rows, bytesRead, finishedBytes);
      } catch (RuntimeException | Error e) {
        writer.abort(e);
        added.forEach(file -> store.discard(file.file().path()));
        if (unfinished != null) {
          store.discard(unfinished);
        }
        throw e;
      }
    }

    private void open() {
      for (MergeInput input : inputs) {
        sources.add(
            writer.open(
                input.path(),
                input.fileSizeBytes(),
                input.recordCount(),
                input.firstRowId(),
                input.dataSequenceNumber(),
                inputs.size()));
        keySources.add(
            new KeySource(
                input, keyFiles.open(input.path(), input.fileSizeBytes()), keySpec.isFixedLong()));
      }
    }

    private void writeFile(KeyMerge merge) {
      LevelFileName name = target.names().apply(target.level(), hashRange());
      OutputFile output = store.create(name, target.partition());
      unfinished = output.location();
      writer.start(output);
      split.startFile();
      merge.startFile();
      keys.startFile(added.size(), split.expectedFileRows());
      long fileRows = 0;
      do {
        fileRows += writeRowGroup(merge, fileRows);
      } while (!merge.isDone() && !split.fileEnds());
      AddedFile file =
          writer.finish(
              name,
              target.partition(),
              merge.firstKey(),
              merge.lastKey(),
              merge.firstPrefix(),
              merge.lastPrefix());
      unfinished = null;
      added.add(file);
      rows += fileRows;
      finishedBytes += file.file().fileSizeBytes();
    }

    private int writeRowGroup(KeyMerge merge, long fileRows) {
      long bytesBefore = writer.bytesWritten();
      MergeRows group =
          merge.take(
              new byte[split.groupRows()],
              keys,
              () -> control.progress(bytesRead(), finishedBytes + bytesBefore));
      writer.writeRowGroup(
          sources,
          group,
          keys.rowIds(),
          (read, written) -> control.progress(read, finishedBytes + written));
      order.add(group, added.size(), fileRows);
      split.wrote(group.rows(), writer.bytesWritten() - bytesBefore);
      return group.rows();
    }

    private OutputSplit newSplit() {
      long expectedRows = 0;
      long inputRows = 0;
      long inputBytes = 0;
      for (MergeInput input : inputs) {
        expectedRows += input.expectedRows();
        inputRows += input.recordCount();
        inputBytes += input.fileSizeBytes();
      }
      double bytesPerRow = (double) inputBytes / Math.max(1, inputRows);
      return new OutputSplit(
          target.fileBytes(), options.rowGroupBytes(), expectedRows, bytesPerRow);
    }

    /** Bounds the hashes of all rows that are taken. */
    private HashRange hashRange() {
      int start = HashRange.SPACE;
      int end = 0;
      for (MergeInput input : inputs) {
        start = Math.min(start, Math.max(input.hashRange().start(), input.takenHashes().start()));
        end = Math.max(end, Math.min(input.hashRange().end(), input.takenHashes().end()));
      }
      return new HashRange(start, end);
    }

    private List<PositionMap> positions() {
      List<String> paths = added.stream().map(file -> file.file().path()).toList();
      List<PositionMap> positions = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        MergeInput input = inputs.get(i);
        positions.add(
            new PositionMap(
                order,
                i,
                input.fromPosition(),
                input.toPosition(),
                keySources.get(i).skipped(),
                paths));
      }
      return positions;
    }

    private long bytesRead() {
      long bytes = 0;
      for (MergeSource source : sources) {
        bytes += source.bytesRead();
      }
      return bytes;
    }

    @Override
    public void close() {
      keySources.forEach(KeySource::close);
      sources.forEach(MergeSource::close);
    }
  }
}
