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

import io.meru.error.UnsupportedTableException;
import io.meru.io.StorageFolder;
import io.meru.key.KeySpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.TableUtil;

/** What a table must be before Meru writes to it, and must remain while it does. */
public final class TableRequirements {
  /** The first format version with deletion vectors. */
  private static final int MIN_FORMAT_VERSION = 3;

  /** Those of a table without a catalog; its folder comes before. */
  private static final Pattern HADOOP_METADATA_FILE =
      Pattern.compile("(?:(.*)/)?metadata/v[0-9]+(\\.gz)?\\.metadata\\.json(\\.gz)?");

  private TableRequirements() {}

  /**
   * Checks place, format version, primary key and the absence of equality deletes and encryption.
   *
   * @param tableName for messages
   * @throws UnsupportedTableException saying what was found and how to change it
   */
  public static void check(Table table, String tableName) {
    checkNotCopied(table, tableName);
    checkFormatVersion(table, tableName);
    KeySpec.of(tableName, table.schema());
    checkNoEqualityDeletes(table, tableName);
    checkNotEncrypted(table, tableName);
  }

  /**
   * Refuses a folder that was copied or moved, of a table that a file system keeps without a
   * catalog. Its metadata names the files of the folder that it came from, and that as the place of
   * new ones: a clean-up of the copy would delete what the original has written since.
   *
   * @param tableName for messages
   * @throws UnsupportedTableException naming both folders
   */
  public static void checkNotCopied(Table table, String tableName) {
    if (!(table instanceof HasTableOperations withOperations)) {
      return;
    }
    TableMetadata metadata = withOperations.operations().current();
    String file = metadata == null ? null : metadata.metadataFileLocation();
    if (file == null) {
      return;
    }
    String folder = folderOf(file).orElse(null);
    if (folder != null
        && !StorageFolder.of(folder).maybeSame(StorageFolder.of(metadata.location()))) {
      throw new UnsupportedTableException(
          ("Cannot open table %s in %s: its metadata says that it lies in %s. This folder was copied"
                  + " or moved from there, and still names the files there: what changes it would"
                  + " change these. Give the folder that it names, or the copy metadata of its own"
                  + " (in Spark: CALL system.rewrite_table_path, then CALL system.register_table).")
              .formatted(tableName, folder, metadata.location()));
    }
  }

  /** The table's folder, if this is a metadata file of a table without a catalog. */
  static Optional<String> folderOf(String metadataFile) {
    Matcher hadoop = HADOOP_METADATA_FILE.matcher(metadataFile);
    if (!hadoop.matches()) {
      return Optional.empty();
    }
    return Optional.of(hadoop.group(1) == null ? "." : hadoop.group(1));
  }

  /** Refuses a table whose format has no deletion vectors. */
  static void checkFormatVersion(Table table, String tableName) {
    int version = TableUtil.formatVersion(table);
    if (version < MIN_FORMAT_VERSION) {
      throw new UnsupportedTableException(
          ("Cannot write to table %s: it has format version %d, and deletion vectors need %d."
                  + " Upgrade it once with: ALTER TABLE %s SET TBLPROPERTIES"
                  + " ('format-version'='%d') in Spark SQL, or ALTER TABLE %s SET"
                  + " ('format-version'='%d') in Flink SQL.")
              .formatted(
                  tableName,
                  version,
                  MIN_FORMAT_VERSION,
                  tableName,
                  MIN_FORMAT_VERSION,
                  tableName,
                  MIN_FORMAT_VERSION));
    }
  }

  /** Says that snapshot {@code snapshotId} has the equality deletes of {@code file}. */
  static UnsupportedTableException equalityDeletes(
      String tableName, long snapshotId, DeleteFile file) {
    return new UnsupportedTableException(
        ("Cannot write to table %s: its snapshot %d holds equality deletes (%s), which hide rows"
                + " that Meru would have to see. Stop the job that writes them, then have Meru turn"
                + " them into deletion vectors, which rewrites no row"
                + " (the command meru rewrite-deletes, or io.meru.maintenance.DeleteRewrite), or rewrite the"
                + " data files they apply to, in Spark with CALL system.rewrite_data_files(table =>"
                + " '%s', options => map('rewrite-all', 'true', 'use-starting-sequence-number',"
                + " 'false')). Iceberg drops the last of them only at a second such call, which may"
                + " be limited to a few rows by where => '...'. Then start again.")
            .formatted(tableName, snapshotId, file.location(), tableName));
  }

  private static void checkNoEqualityDeletes(Table table, String tableName) {
    Snapshot head = table.currentSnapshot();
    // the summary may lack the total, or count deletes whose files are gone: look at the files
    if (head == null || "0".equals(head.summary().get(SnapshotSummary.TOTAL_EQ_DELETES_PROP))) {
      return;
    }
    for (ManifestFile manifest : head.deleteManifests(table.io())) {
      Optional<DeleteFile> found = equalityDelete(table, manifest);
      if (found.isPresent()) {
        throw equalityDeletes(tableName, head.snapshotId(), found.get());
      }
    }
  }

  private static Optional<DeleteFile> equalityDelete(Table table, ManifestFile manifest) {
    try (ManifestReader<DeleteFile> files =
        ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
      for (DeleteFile file : files) {
        if (file.content() == FileContent.EQUALITY_DELETES) {
          return Optional.of(file.copyWithoutStats()); // the reader fills one object anew
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read delete manifest " + manifest.path(), e);
    }
  }

  private static void checkNotEncrypted(Table table, String tableName) {
    if (table.properties().containsKey(TableProperties.ENCRYPTION_TABLE_KEY)) {
      throw new UnsupportedTableException(
          ("Cannot write to table %s: it is encrypted (%s is set), and Meru would write its files in"
                  + " the clear. Write to a table without encryption.")
              .formatted(tableName, TableProperties.ENCRYPTION_TABLE_KEY));
    }
  }
}
