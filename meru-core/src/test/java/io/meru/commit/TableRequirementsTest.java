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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableRequirementsTest {
  private static final String NAME = "lake.db.t";

  @Test
  void aTableWithKeyAndDeletionVectorsIsAccepted() {
    assertThatCode(() -> TableRequirements.check(table("3"), NAME)).doesNotThrowAnyException();
  }

  @Test
  void anOlderFormatIsRefusedWithTheStatementsThatUpgradeIt() {
    assertThatThrownBy(() -> TableRequirements.check(table("2"), NAME))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Cannot write to table lake.db.t: it has format version 2, and deletion vectors need 3."
                + " Upgrade it once with: ALTER TABLE lake.db.t SET TBLPROPERTIES"
                + " ('format-version'='3') in Spark SQL, or ALTER TABLE lake.db.t SET"
                + " ('format-version'='3') in Flink SQL.");
  }

  @Test
  void aFolderThatWasCopiedIsRefusedUnderItsOwnNameOnly(@TempDir Path folder) throws IOException {
    Path original = folder.resolve("lake/t");
    Table created =
        new HadoopTables(new Configuration())
            .create(
                TestTable.SCHEMA,
                PartitionSpec.unpartitioned(),
                Map.of("format-version", "3"),
                original.toString());
    created.updateProperties().set("a", "b").commit();
    Path copy = folder.resolve("copy");
    Files.createDirectories(copy.resolve("metadata"));
    try (Stream<Path> files = Files.list(original.resolve("metadata"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve("metadata").resolve(file.getFileName()));
      }
    }
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("lake"));

    for (String same :
        List.of(
            original.toString(),
            original + "/",
            original.toUri().toString(),
            "file:" + original,
            link.resolve("t").toString())) {
      assertThatCode(() -> TableRequirements.check(load(same), NAME))
          .as(same)
          .doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> TableRequirements.check(load(copy.toString()), NAME))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("Cannot open table lake.db.t in " + copy)
        .hasMessageContaining("its metadata says that it lies in " + original);
  }

  /** As when a command is run within the copy. */
  @Test
  void aFolderWithoutANameIsLookedAtAsWell() {
    assertThat(TableRequirements.folderOf("metadata/v1.metadata.json")).hasValue(".");
    assertThat(TableRequirements.folderOf("/a/t/metadata/v12.gz.metadata.json")).hasValue("/a/t");
    assertThat(TableRequirements.folderOf("/a/metadata/00001-f00d.metadata.json")).isEmpty();
  }

  private static Table load(String location) {
    return new HadoopTables(new Configuration()).load(location);
  }

  @Test
  void aTableWithoutKeyIsRefused() {
    Table table = table("3");
    table.updateSchema().setIdentifierFields(Set.of()).commit();
    assertThatThrownBy(() -> TableRequirements.check(table, NAME))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("has no primary key");
  }

  /** They may apply to files that others are about to add. */
  @Test
  void equalityDeletesThatApplyToNoFileAreRefusedUntilTheyAreGone() {
    Table table = table("2");
    DeleteFile deletes =
        FileMetadata.deleteFileBuilder(table.spec())
            .ofEqualityDeletes(1)
            .withPath("mem://requirements/eq.parquet")
            .withFormat(FileFormat.PARQUET)
            .withFileSizeInBytes(10)
            .withRecordCount(1)
            .build();
    table.newRowDelta().addDeletes(deletes).commit();
    table.updateProperties().set("format-version", "3").commit();

    assertThatThrownBy(() -> TableRequirements.check(table, NAME))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            ("Cannot write to table lake.db.t: its snapshot %d holds equality deletes"
                    + " (mem://requirements/eq.parquet), which hide rows that Meru would have to"
                    + " see. Stop the job that writes them, then have Meru turn them into deletion"
                    + " vectors, which rewrites no row (the command meru rewrite-deletes, or"
                    + " io.meru.maintenance.DeleteRewrite), or rewrite the data files they apply to, in"
                    + " Spark with CALL system.rewrite_data_files(table => 'lake.db.t', options =>"
                    + " map('rewrite-all', 'true', 'use-starting-sequence-number', 'false')). Iceberg"
                    + " drops the last of them only at a second such call, which may be limited to a"
                    + " few rows by where => '...'. Then start again.")
                .formatted(table.currentSnapshot().snapshotId()));
    table.newRewrite().deleteFile(deletes).commit();
    assertThatCode(() -> TableRequirements.check(table, NAME)).doesNotThrowAnyException();
  }

  @Test
  void anEncryptedTableIsRefused() {
    Table table = table("3");
    table.updateProperties().set("encryption.key-id", "k").commit();
    assertThatThrownBy(() -> TableRequirements.check(table, NAME))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("it is encrypted (encryption.key-id is set)");
  }

  private static Table table(String formatVersion) {
    InMemoryCatalog catalog = new InMemoryCatalog();
    catalog.initialize("mem", Map.of("warehouse", "mem://requirements"));
    catalog.createNamespace(Namespace.of("db"));
    return catalog.createTable(
        TableIdentifier.of("db", "t"),
        TestTable.SCHEMA,
        PartitionSpec.unpartitioned(),
        Map.of("format-version", formatVersion));
  }
}
