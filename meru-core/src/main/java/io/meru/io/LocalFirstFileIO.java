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

package io.meru.io;

import java.util.Map;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/**
 * A table's {@code FileIO} whose local files are opened and deleted as {@link TableFiles} does it,
 * for Iceberg's own classes. Safe to use from many threads if the table's is.
 */
public final class LocalFirstFileIO implements FileIO {
  private static final long serialVersionUID = 1L;

  private final FileIO io;

  /** Opens files that are not local through {@code io}. */
  public LocalFirstFileIO(FileIO io) {
    this.io = io;
  }

  @Override
  public InputFile newInputFile(String location) {
    return TableFiles.input(io, location);
  }

  @Override
  public InputFile newInputFile(String location, long length) {
    return TableFiles.input(io, location, length);
  }

  @Override
  public OutputFile newOutputFile(String location) {
    return TableFiles.output(io, location);
  }

  @Override
  public void deleteFile(String location) {
    TableFiles.delete(io, location);
  }

  @Override
  public Map<String, String> properties() {
    return io.properties();
  }

  @Override
  public void close() {
    io.close();
  }
}
