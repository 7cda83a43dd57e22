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

package io.meru.flink.loader;

import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.TableUtil;

/** What a table must be before Meru writes to it. */
public final class TableChecks {
  private static final int MIN_FORMAT_VERSION = 3;

  private TableChecks() {}

  /**
   * Checks format version, primary key and the absence of equality deletes.
   *
   * @throws UnsupportedTableException saying what was found and how to change it
   */
  public static void checkWritable(Table table) {
    checkFormatVersion(table);
    KeySpec.of(table.name(), table.schema());
    checkNoEqualityDeletes(table);
    checkNotEncrypted(table);
  }

  private static void checkNotEncrypted(Table table) {
    if (table.properties().containsKey(TableProperties.ENCRYPTION_TABLE_KEY)) {
      throw new UnsupportedTableException(
          ("Cannot write to table %s: it is encrypted (%s is set), and Meru would write its files in"
                  + " the clear. Write to a table without encryption.")
              .formatted(table.name(), TableProperties.ENCRYPTION_TABLE_KEY));
    }
  }

  private static void checkFormatVersion(Table table) {
    int version = TableUtil.formatVersion(table);
    if (version < MIN_FORMAT_VERSION) {
      throw new UnsupportedTableException(
          ("Cannot write to table %s: it has format version %d, and deletion vectors need 3."
                  + " Upgrade it once with: ALTER TABLE %s SET TBLPROPERTIES"
                  + " ('format-version'='3') in Spark SQL, or ALTER TABLE %s SET"
                  + " ('format-version'='3') in Flink SQL.")
              .formatted(table.name(), version, table.name(), table.name()));
    }
  }

  private static void checkNoEqualityDeletes(Table table) {
    Snapshot head = table.currentSnapshot();
    if (head != null && hasEqualityDeletes(table, head)) {
      throw new UnsupportedTableException(
          ("Cannot write to table %s: its snapshot %d holds equality deletes, which hide rows that"
                  + " Meru would have to see. Stop the job that writes them, then rewrite the data"
                  + " files they apply to, for example in Spark with CALL"
                  + " system.rewrite_data_files(table => '%s', options => map('rewrite-all', 'true',"
                  + " 'use-starting-sequence-number', 'false')). Iceberg drops the last of them only"
                  + " at a second such call, which may be limited to a few rows by where => '...'."
                  + " Then start again.")
              .formatted(table.name(), head.snapshotId(), table.name()));
    }
  }

  private static boolean hasEqualityDeletes(Table table, Snapshot head) {
    String total = head.summary().get(SnapshotSummary.TOTAL_EQ_DELETES_PROP);
    if ("0".equals(total)) {
      return false;
    }
    // the summary may lack the total, or count deletes whose files are gone: look at the files
    return head.deleteManifests(table.io()).stream()
        .anyMatch(manifest -> holdsEqualityDeletes(table, manifest));
  }

  private static boolean holdsEqualityDeletes(Table table, ManifestFile manifest) {
    try (ManifestReader<DeleteFile> files =
        ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
      for (DeleteFile file : files) {
        if (file.content() == FileContent.EQUALITY_DELETES) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read delete manifest " + manifest.path(), e);
    }
  }
}
