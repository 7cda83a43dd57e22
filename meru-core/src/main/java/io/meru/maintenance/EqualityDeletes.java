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

package io.meru.maintenance;

import static java.util.Objects.requireNonNull;

import io.meru.error.UnsupportedTableException;
import io.meru.version.DeletionVector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.data.IdentityPartitionConverters;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.formats.FormatModelRegistry;
import org.apache.iceberg.formats.ReadBuilder;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.PartitionUtil;
import org.apache.iceberg.util.StructLikeMap;
import org.apache.iceberg.util.StructLikeWrapper;
import org.apache.iceberg.util.StructProjection;
import org.jspecify.annotations.Nullable;

/**
 * Finds the positions of the rows that equality deletes cover, by Iceberg's rules: a delete covers
 * the rows of data files with a lower sequence number than its own, in its partition, or anywhere
 * when its partition spec has no field; NULL equals NULL.
 *
 * <p>The deletes of many files become one map from key to the highest sequence number, so that each
 * is read once and each data file once per set of key columns, as long as they fit in memory.
 */
final class EqualityDeletes {
  private final Table table;
  private final int keysInMemory;
  private final BaseDeleteLoader loader;

  EqualityDeletes(Table table, int keysInMemory) {
    this.table = table;
    this.keysInMemory = keysInMemory;
    // null: read in this thread, not in Iceberg's pool
    this.loader = new BaseDeleteLoader(file -> table.io().newInputFile(file.location()), null);
  }

  /** Adds to {@code dead}, by path, what the equality deletes of the tasks cover. */
  void find(List<FileScanTask> tasks, Map<String, DeletionVector> dead) {
    Map<Set<Integer>, Map<String, DeleteFile>> byColumns = new LinkedHashMap<>();
    for (FileScanTask task : tasks) {
      for (DeleteFile file : task.deletes()) {
        if (file.content() == FileContent.EQUALITY_DELETES) {
          byColumns
              .computeIfAbsent(
                  new TreeSet<>(file.equalityFieldIds()), same -> new LinkedHashMap<>())
              .put(file.location(), file);
        }
      }
    }
    byColumns.forEach(
        (columns, files) -> {
          for (List<DeleteFile> chunk : chunks(List.copyOf(files.values()))) {
            find(tasks, columns, chunk, dead);
          }
        });
  }

  private List<List<DeleteFile>> chunks(List<DeleteFile> files) {
    List<List<DeleteFile>> chunks = new ArrayList<>();
    List<DeleteFile> chunk = new ArrayList<>();
    long keys = 0;
    for (DeleteFile file : files) {
      if (!chunk.isEmpty() && keys + file.recordCount() > keysInMemory) {
        chunks.add(chunk);
        chunk = new ArrayList<>();
        keys = 0;
      }
      chunk.add(file);
      keys += file.recordCount();
    }
    chunks.add(chunk);
    return chunks;
  }

  private void find(
      List<FileScanTask> tasks,
      Set<Integer> columns,
      List<DeleteFile> chunk,
      Map<String, DeletionVector> dead) {
    Schema keySchema = keySchema(columns);
    Map<Scope, StructLikeMap<Long>> keys = new HashMap<>();
    Set<String> loaded = new HashSet<>();
    for (DeleteFile file : chunk) {
      loaded.add(file.location());
      StructLikeMap<Long> ofScope =
          keys.computeIfAbsent(
              scope(file.specId(), file.partition()),
              same -> StructLikeMap.create(keySchema.asStruct()));
      for (StructLike key : loader.loadEqualityDeletes(List.of(file), keySchema)) {
        ofScope.merge(key, file.dataSequenceNumber(), Math::max);
      }
    }
    for (FileScanTask task : tasks) {
      if (task.deletes().stream().anyMatch(file -> loaded.contains(file.location()))) {
        DeletionVector found = find(task, keySchema, keys);
        dead.merge(task.file().location(), found, DeletionVector::or);
      }
    }
  }

  private DeletionVector find(
      FileScanTask task, Schema keySchema, Map<Scope, StructLikeMap<Long>> keys) {
    List<StructLikeMap<Long>> applying = new ArrayList<>();
    addIfThere(applying, keys.get(Scope.EVERYWHERE));
    Scope own = scope(task.file().specId(), task.file().partition());
    if (!own.equals(Scope.EVERYWHERE)) {
      addIfThere(applying, keys.get(own));
    }
    long sequenceNumber = task.file().dataSequenceNumber();
    List<Types.NestedField> fields = new ArrayList<>(keySchema.columns());
    fields.add(MetadataColumns.ROW_POSITION);
    Schema readSchema = new Schema(fields);
    InternalRecordWrapper row = new InternalRecordWrapper(readSchema.asStruct());
    StructProjection key = StructProjection.create(readSchema, keySchema);
    DeletionVector.Builder dead = new DeletionVector.Builder();
    int position = fields.size() - 1;
    try (CloseableIterable<Record> records = open(task, readSchema)) {
      for (Record record : records) {
        key.wrap(row.wrap(record));
        for (StructLikeMap<Long> deletes : applying) {
          Long deletedBy = deletes.get(key);
          if (deletedBy != null && deletedBy > sequenceNumber) {
            dead.add(record.get(position, Long.class));
            break;
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + task.file().location(), e);
    }
    return dead.build();
  }

  private static void addIfThere(
      List<StructLikeMap<Long>> maps, @Nullable StructLikeMap<Long> map) {
    if (map != null) {
      maps.add(map);
    }
  }

  private CloseableIterable<Record> open(FileScanTask task, Schema schema) {
    Map<Integer, ?> constants =
        PartitionUtil.constantsMap(task, IdentityPartitionConverters::convertConstant);
    ReadBuilder<Record, ?> builder =
        FormatModelRegistry.readBuilder(
            task.file().format(), Record.class, table.io().newInputFile(task.file().location()));
    return builder.project(schema).idToConstant(constants).reuseContainers().build();
  }

  /** The columns as the table has them now, or had them before they were dropped. */
  private Schema keySchema(Set<Integer> columns) {
    if (columns.stream().allMatch(id -> table.schema().findField(id) != null)) {
      return TypeUtil.select(table.schema(), columns);
    }
    return table.schemas().values().stream()
        .filter(schema -> columns.stream().allMatch(id -> schema.findField(id) != null))
        .reduce((first, second) -> second.schemaId() > first.schemaId() ? second : first)
        .map(schema -> TypeUtil.select(schema, columns))
        .orElseThrow(
            () ->
                new UnsupportedTableException(
                    "Cannot rewrite the equality deletes of table %s: no schema of it has all the columns %s by which they delete."
                        .formatted(table.name(), columns)));
  }

  private Scope scope(int specId, StructLike partition) {
    PartitionSpec spec = requireNonNull(table.specs().get(specId));
    return spec.isUnpartitioned()
        ? Scope.EVERYWHERE
        : new Scope(specId, StructLikeWrapper.forType(spec.partitionType()).copyFor(partition));
  }

  /** Where an equality delete holds. */
  private record Scope(int specId, @Nullable StructLikeWrapper partition) {
    static final Scope EVERYWHERE = new Scope(-1, null);
  }
}
