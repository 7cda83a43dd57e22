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

package io.meru.cli;

import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The compaction of a table as a user runs it, beside a job. */
class CompactCommandTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()),
              required(2, "region", Types.StringType.get()),
              optional(3, "v", Types.StringType.get())),
          Set.of(1, 2));

  @TempDir Path folder;

  private EngineTable job;

  @AfterEach
  void close() {
    if (job != null) {
      job.close();
    }
  }

  /** Four checkpoints of ten rows each, half of which the next one replaces. */
  private String fill(PartitionSpec spec) {
    String table = folder.resolve("orders").toUri().toString();
    job = EngineTable.create(table, SCHEMA, spec, 1);
    for (int checkpoint = 0; checkpoint < 4; checkpoint++) {
      for (long id = 5L * checkpoint; id < 5L * checkpoint + 10; id++) {
        job.put(id, id % 2 == 0 ? "eu" : "us", "v" + checkpoint);
      }
      job.checkpoint();
    }
    return table;
  }

  private List<String> rows() {
    Table loaded = job.load();
    return TableChecks.rows(loaded, loaded.currentSnapshot().snapshotId()).stream()
        .map(Record::toString)
        .sorted()
        .toList();
  }

  private static JsonNode json(CommandRun run) throws IOException {
    assertThat(run.status()).as(run::err).isZero();
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void smallFilesBecomeOneAndTheJobGoesOn() {
    String table = fill(PartitionSpec.unpartitioned());
    List<String> rows = rows();
    CommandRun run = CommandRun.of("compact", table);

    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines())
        .hasSize(6)
        .startsWith("Table         orders", "Data files    4 before, 1 after")
        .anyMatch(line -> line.matches("Merged        4 files of .* KiB into .* KiB"))
        .endsWith(
            "Deleted rows  15 left out",
            "Commits       1",
            "Given up      0 merges, since others changed most of what it took, or a file was gone");
    assertThat(rows()).isEqualTo(rows);
    job.put(3L, "us", "again").checkpoint();
    assertThat(rows()).hasSameSizeAs(rows);
    CommandRun verify = CommandRun.of("verify", table);
    assertThat(verify.status()).as(verify::out).isZero();
  }

  @Test
  void aDryRunChangesNothing() throws IOException {
    String table = fill(PartitionSpec.unpartitioned());
    long head = job.load().currentSnapshot().snapshotId();
    CommandRun run = CommandRun.of("compact", table, "--dry-run");

    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.out().lines())
        .hasSize(3)
        .startsWith("Table        orders", "Data files   4")
        .anyMatch(line -> line.matches("Would merge  4 files of .* KiB"));
    JsonNode json = json(CommandRun.of("compact", table, "--dry-run", "--json"));
    assertThat(json.get("dryRun").asBoolean()).isTrue();
    assertThat(json.get("merged").asInt()).isEqualTo(4);
    assertThat(job.load().currentSnapshot().snapshotId()).isEqualTo(head);
  }

  @Test
  void onlyThePartitionsThatAreNamed() throws IOException {
    String table = fill(PartitionSpec.builderFor(SCHEMA).identity("region").build());
    JsonNode json = json(CommandRun.of("compact", table, "--partition=region=eu", "--json"));

    assertThat(json.get("table").asText()).isEqualTo("orders");
    assertThat(json.get("filesBefore").asInt()).isEqualTo(4);
    assertThat(json.get("filesAfter").asInt()).isEqualTo(1);
    CommandRun wrong = CommandRun.of("compact", table, "--partition=region=xx");
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.err())
        .contains("no data file in partition region=xx; it has 2 partitions")
        .contains("[region=eu, region=us]");
  }

  @Test
  void filesThatAreSkippedAreNamed() {
    String table = fill(PartitionSpec.unpartitioned());
    new ForeignWriter(job.load()).append(List.of(Records.of(SCHEMA.asStruct(), 99L, "eu", "o")));
    CommandRun run = CommandRun.of("compact", table);

    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.out())
        .contains("SKIPPED")
        .contains("another writer's file, or of another primary key")
        .contains("5 before, 2 after");
  }

  @Test
  void damageIsNotDone() throws IOException {
    String table = fill(PartitionSpec.unpartitioned());
    Path lost;
    try (Stream<Path> files = Files.list(folder.resolve("orders/data"))) {
      lost = files.filter(file -> file.toString().endsWith(".parquet")).sorted().findFirst().get();
    }
    Files.delete(lost);
    CommandRun run = CommandRun.of("compact", table);

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out())
        .contains(lost.getFileName().toString())
        .contains("is missing, though the table's head names it")
        .contains("4 before, 2 after");
    assertThat(run.err()).contains("Left out 1 file of table orders: missing", "meru verify");
  }

  @Test
  void valuesThatMakeNoSenseAreRefused() {
    String table = fill(PartitionSpec.unpartitioned());
    assertThat(failure(table, "--target-file-size=large"))
        .contains("--target-file-size 'large' is no size such as 128mb or 1gb");
    assertThat(failure(table, "--target-file-size=999999999999tb")).contains("is too large");
    assertThat(failure(table, "--max-bytes=0mb")).contains("--max-bytes must be 1 or more");
    assertThat(failure(table, "--limit=-1")).contains("--limit must be 0, for all, or more");
    assertThat(failure(table, "--parallelism=0")).contains("--parallelism must be 1 or more");
    assertThat(failure(table, "--deleted-ratio=1")).contains("--deleted-ratio must be from 0");
  }

  private static String failure(String table, String option) {
    CommandRun run = CommandRun.of("compact", table, option);
    assertThat(run.status()).isEqualTo(2);
    return run.err();
  }

  @Test
  void sizesAreReadAsInSql() {
    assertThat(Arguments.bytes("--x", "128mb")).isEqualTo(128L << 20);
    assertThat(Arguments.bytes("--x", "1 GB")).isEqualTo(1L << 30);
    assertThat(Arguments.bytes("--x", "77")).isEqualTo(77);
    assertThat(Arguments.size(128L << 20)).isEqualTo("128mb");
    assertThat(Arguments.size(1L << 30)).isEqualTo("1gb");
    assertThat(Arguments.size(1500)).isEqualTo("1500b");
    assertThat(Arguments.size(0)).isEqualTo("0b");
  }
}
