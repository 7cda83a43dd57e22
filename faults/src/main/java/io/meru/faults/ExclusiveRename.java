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

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The local disk with the rename of HDFS: a file never replaces another one, whichever process
 * renames it. Hadoop's catalog commits by such a rename; on the local disk as Hadoop has it, of two
 * commits that come together the second replaces the first without a word.
 *
 * <p>It takes no lock: the schedules freeze processes, and a frozen one would keep it. It writes no
 * checksum files: two files cannot be renamed as one.
 */
final class ExclusiveRename extends RawLocalFileSystem {
  private static final String SCHEME = "file";

  @Override
  public String getScheme() {
    return SCHEME;
  }

  /** Returns {@code false}, and leaves both files as they are, where the destination exists. */
  @Override
  public boolean rename(Path source, Path destination) throws IOException {
    File from = pathToFile(source);
    if (!from.isFile()) {
      return super.rename(source, destination);
    }
    try {
      Files.createLink(pathToFile(destination).toPath(), from.toPath());
    } catch (FileAlreadyExistsException e) {
      return false;
    }
    removeOldName(from);
    return true;
  }

  /** The file has its new name already: whoever hears of a failure would believe it has not. */
  private static void removeOldName(File from) {
    try {
      Files.deleteIfExists(from.toPath());
    } catch (IOException e) {
      LOG.warn("{} keeps its old name beside its new one", from, e);
    }
  }
}
