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

import io.meru.error.CorruptFileException;
import io.meru.error.UnsupportedTableException;
import io.meru.io.TableFiles;
import io.meru.key.KeySpec;
import io.meru.levelfile.FileFooter;
import io.meru.levelfile.FooterKeys;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.version.LevelFileName;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.InputFile;
import org.jspecify.annotations.Nullable;

/**
 * Checks one data file by itself: that it is there, is what the manifest says, and, if it is a
 * level file, what its name and footer say.
 */
final class FileCheck {
  private final Table table;
  private final KeySpec keySpec;
  private final ParquetKeyFileOpener opener;
  private final Findings findings;

  FileCheck(Table table, KeySpec keySpec, ParquetKeyFileOpener opener, Findings findings) {
    this.table = table;
    this.keySpec = keySpec;
    this.opener = opener;
    this.findings = findings;
  }

  /**
   * Checks {@code file}; returns whether its keys can be read.
   *
   * @throws java.io.UncheckedIOException if storage fails, of which the file is not to blame
   */
  boolean check(DataFile file) {
    String path = file.location();
    try {
      if (!isThereAsLongAsStated(file)) {
        return false;
      }
      FileFooter footer = opener.footer(path, file.fileSizeInBytes());
      if (footer.rowCount() != file.recordCount()) {
        findings.error(
            Invariant.ROW_COUNT,
            path,
            null,
            "%d rows, as the manifest says".formatted(file.recordCount()),
            "%d rows in the footer".formatted(footer.rowCount()));
      }
      @Nullable LevelFileName name = LevelFileName.parse(path).orElse(null);
      if (name != null) {
        checkFooter(path, name, footer.properties());
      }
      checkKeys(file, sortedByPresentKey(name), footer.properties());
      return true;
    } catch (CorruptFileException | UnsupportedTableException e) {
      findings.error(
          Invariant.FILE_READABLE,
          path,
          null,
          "a Parquet file whose key columns can be read",
          String.valueOf(e.getMessage()));
      return false;
    }
  }

  /** Null for a foreign file, and for one that was sorted by another key. */
  private @Nullable LevelFileName sortedByPresentKey(@Nullable LevelFileName name) {
    return name != null && name.fingerprint().equals(keySpec.fingerprint()) ? name : null;
  }

  private boolean isThereAsLongAsStated(DataFile file) {
    InputFile input = TableFiles.input(table.io(), file.location());
    long length;
    try {
      length = input.getLength();
    } catch (NotFoundException e) {
      findings.error(Invariant.FILE_EXISTS, file.location(), null, "the file", "no such file");
      return false;
    } catch (RuntimeException e) {
      if (!input.exists()) {
        findings.error(Invariant.FILE_EXISTS, file.location(), null, "the file", "no such file");
        return false;
      }
      throw e;
    }
    if (length != file.fileSizeInBytes()) {
      findings.error(
          Invariant.FILE_SIZE,
          file.location(),
          null,
          "%d bytes, as the manifest says".formatted(file.fileSizeInBytes()),
          "%d bytes".formatted(length));
      return false;
    }
    return true;
  }

  private void checkFooter(String path, LevelFileName name, Map<String, String> footer) {
    checkFooterKey(path, footer, FooterKeys.FORMAT, FooterKeys.FORMAT_VERSION);
    checkFooterKey(path, footer, FooterKeys.LEVEL, Integer.toString(name.level()));
    checkFooterKey(
        path,
        footer,
        FooterKeys.HASH_RANGE,
        "%04x-%04x".formatted(name.hashRange().start(), name.hashRange().end() - 1));
    checkFooterKey(path, footer, FooterKeys.FINGERPRINT, name.fingerprint());
  }

  private void checkFooterKey(
      String path, Map<String, String> footer, String key, String expected) {
    String found = footer.get(key);
    if (!expected.equals(found)) {
      findings.error(
          Invariant.FOOTER,
          path,
          null,
          "%s = %s".formatted(key, expected),
          found == null ? "no %s".formatted(key) : "%s = %s".formatted(key, found));
    }
  }

  private void checkKeys(DataFile file, @Nullable LevelFileName name, Map<String, String> footer) {
    KeyWalk walk = new KeyWalk(keySpec, file, name, findings);
    try (KeyFile keys = opener.open(file.location(), file.fileSizeInBytes())) {
      keys.readAll(walk);
      if (name != null) {
        walk.checkEnd(
            keys.rowCount(), footer.get(FooterKeys.KEY_MIN), footer.get(FooterKeys.KEY_MAX));
      }
    }
  }
}
