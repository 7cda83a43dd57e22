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

package io.meru.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.MemoryManifests.Rows;
import org.apache.iceberg.MemoryManifests.RowsOutput;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;

/** Files that can be told to answer no more. */
final class FailingFiles implements FileIO {
  private static final long serialVersionUID = 1L;
  private static final int NEVER = Integer.MAX_VALUE;

  /** What storage says when it was told to fail. */
  static final class StorageFailure extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    StorageFailure(String location) {
      super(new IOException("storage does not answer: " + location));
    }
  }

  private final MemoryFiles files;
  private final boolean keepsRows;
  private int answersLeft = NEVER;

  /**
   * Fails in front of {@code files}.
   *
   * @param keepsRows whether manifests are kept as rows, which costs less than as bytes
   */
  FailingFiles(MemoryFiles files, boolean keepsRows) {
    this.files = files;
    this.keepsRows = keepsRows;
  }

  /** Answers {@code count} more calls, then none until it is healed. */
  void failAfter(int count) {
    answersLeft = count;
  }

  void heal() {
    answersLeft = NEVER;
  }

  /** Runs something that is not to see the failures. */
  void healthyDuring(Runnable action) {
    int left = answersLeft;
    answersLeft = NEVER;
    try {
      action.run();
    } finally {
      answersLeft = left;
    }
  }

  @Override
  public InputFile newInputFile(String location) {
    answer(location);
    return files.newInputFile(location);
  }

  @Override
  public OutputFile newOutputFile(String location) {
    OutputFile output = files.newOutputFile(location);
    return keepsRows && location.endsWith(".avro")
        ? new RowsFile(output)
        : new FailingOutput(output);
  }

  @Override
  public void deleteFile(String location) {
    answer(location);
    files.deleteFile(location);
  }

  private void answer(String location) {
    if (answersLeft == 0) {
      throw new StorageFailure(location);
    }
    if (answersLeft != NEVER) {
      answersLeft--;
    }
  }

  private class FailingOutput implements OutputFile {
    private final OutputFile output;

    FailingOutput(OutputFile output) {
      this.output = output;
    }

    @Override
    public PositionOutputStream create() {
      answer(location());
      return output.create();
    }

    @Override
    public PositionOutputStream createOrOverwrite() {
      answer(location());
      return output.createOrOverwrite();
    }

    @Override
    public String location() {
      return output.location();
    }

    @Override
    public InputFile toInputFile() {
      return newInputFile(location());
    }
  }

  private final class RowsFile extends FailingOutput implements RowsOutput {
    RowsFile(OutputFile output) {
      super(output);
    }

    @Override
    public void write(Rows rows) {
      answer(location());
      files.write(location(), rows);
    }
  }
}
