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

package io.meru.flush;

import io.meru.key.KeyColumn;
import io.meru.key.KeyDecoder;
import io.meru.key.KeySpec;
import io.meru.memtable.SortedEntries;
import io.meru.row.RowRegion;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * Sorts a memtable's entries into the table's partitions. Where the partition is a function of the
 * key, it also tells which partitions a key's old row can be in, deletes included. Not thread-safe.
 */
final class EntryPartitioner {
  private final PartitionSpec spec;
  private final KeySpec keySpec;
  private final boolean functionOfKey;
  private final RowRegion region;
  private final RowStruct row;
  private final PartitionKey partitionKey;
  private final KeyDecoder keyDecoder;
  private final GenericRecord keyRecord;
  private final InternalRecordWrapper keyStruct;
  private final Types.StructType partitionType;

  EntryPartitioner(Schema schema, PartitionSpec spec, KeySpec keySpec) {
    this.spec = spec;
    this.keySpec = keySpec;
    this.functionOfKey = spec.isPartitioned() && sourcesAreKeyColumns(spec, keySpec);
    this.region = new RowRegion(schema.asStruct());
    this.row = new RowStruct(schema.asStruct());
    this.partitionKey = new PartitionKey(spec, schema);
    this.keyDecoder = new KeyDecoder(keySpec);
    this.keyRecord = GenericRecord.create(schema);
    this.keyStruct = new InternalRecordWrapper(schema.asStruct());
    this.partitionType = spec.partitionType();
  }

  /** Groups {@code entries}; costs nothing per row on an unpartitioned table. */
  PartitionedEntries partition(SortedEntries entries) {
    return spec.isPartitioned() ? group(entries) : single(entries);
  }

  private PartitionedEntries single(SortedEntries entries) {
    int[] selection = new int[entries.size()];
    int puts = 0;
    for (int i = 0; i < entries.size(); i++) {
      if (!entries.isDelete(i)) {
        selection[puts++] = i;
      }
    }
    List<PartitionTuple> partitions =
        puts == 0 ? List.of() : List.of(PartitionTuple.unpartitioned(spec.specId()));
    return new PartitionedEntries(partitions, selection, new int[] {puts}, file -> true);
  }

  private PartitionedEntries group(SortedEntries entries) {
    Map<PartitionKey, Integer> groups = new LinkedHashMap<>();
    int[] groupOf = new int[entries.size()];
    Set<PartitionTuple> deletedFrom = new HashSet<>();
    for (int i = 0; i < entries.size(); i++) {
      if (!entries.isDelete(i)) {
        groupOf[i] = groupOfPut(entries, i, groups);
      } else {
        groupOf[i] = -1;
        if (functionOfKey) {
          deletedFrom.add(partitionOfKey(entries, i));
        }
      }
    }
    List<PartitionTuple> partitions = groups.keySet().stream().map(this::tuple).toList();
    int[] ends = new int[Math.max(1, partitions.size())];
    int[] selection = countingSort(groupOf, ends);
    return new PartitionedEntries(partitions, selection, ends, candidates(partitions, deletedFrom));
  }

  private int groupOfPut(SortedEntries entries, int i, Map<PartitionKey, Integer> groups) {
    partitionKey.partition(row.wrap(region.wrap(entries.rowArray(i), entries.rowOffset(i))));
    Integer known = groups.get(partitionKey);
    if (known != null) {
      return known;
    }
    groups.put(partitionKey.copy(), groups.size());
    return groups.size() - 1;
  }

  private PartitionTuple partitionOfKey(SortedEntries entries, int i) {
    @Nullable Object[] values =
        keyDecoder.decode(entries.array(i), entries.offset(i), entries.length(i));
    for (int c = 0; c < values.length; c++) {
      keyRecord.set(keySpec.columns().get(c).pos(), values[c]);
    }
    partitionKey.partition(keyStruct.wrap(keyRecord));
    return tuple(partitionKey);
  }

  private Predicate<TableFile> candidates(
      List<PartitionTuple> partitions, Set<PartitionTuple> deletedFrom) {
    if (!functionOfKey) {
      return file -> true;
    }
    Set<PartitionTuple> touched = new HashSet<>(deletedFrom);
    touched.addAll(partitions);
    return file -> file.partition().specId() != spec.specId() || touched.contains(file.partition());
  }

  private PartitionTuple tuple(PartitionKey key) {
    List<@Nullable ByteBuffer> values = new ArrayList<>(key.size());
    for (int f = 0; f < key.size(); f++) {
      values.add(
          Conversions.toByteBuffer(partitionType.fields().get(f).type(), key.get(f, Object.class)));
    }
    return new PartitionTuple(spec.specId(), values);
  }

  /** Fills {@code ends} and returns the indexes with a group, group by group. */
  private static int[] countingSort(int[] groupOf, int[] ends) {
    for (int group : groupOf) {
      if (group >= 0) {
        ends[group]++;
      }
    }
    int[] next = new int[ends.length];
    for (int g = 1; g < ends.length; g++) {
      next[g] = ends[g - 1];
      ends[g] += ends[g - 1];
    }
    int[] selection = new int[ends[ends.length - 1]];
    for (int i = 0; i < groupOf.length; i++) {
      if (groupOf[i] >= 0) {
        selection[next[groupOf[i]]++] = i;
      }
    }
    return selection;
  }

  private static boolean sourcesAreKeyColumns(PartitionSpec spec, KeySpec keySpec) {
    Set<Integer> keyIds =
        keySpec.columns().stream().map(KeyColumn::fieldId).collect(Collectors.toSet());
    return spec.fields().stream().map(PartitionField::sourceId).allMatch(keyIds::contains);
  }
}
