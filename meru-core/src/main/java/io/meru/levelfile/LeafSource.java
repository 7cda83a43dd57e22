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

package io.meru.levelfile;

import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;

/** One leaf column of the output, as one input has it. */
abstract class LeafSource {
  /**
   * Fills {@code page} with some rows, {@code row} among them. Rows up to {@code end} will be asked
   * for, some of them in ascending order.
   */
  abstract void load(long row, long end, LeafPage page);

  /** Whether the values from {@code row} on are few distinct ones. */
  abstract boolean hasFewValues(long row);

  /** Lets go of what is held of the file's content. */
  void release() {}

  /** Whether the chunk that {@code row} lies in has a dictionary. */
  static boolean hasDictionary(ColumnPages pages, long[] groupStarts, long row) {
    int group = 0;
    while (row >= groupStarts[group + 1]) {
      group++;
    }
    ColumnChunkMetaData chunk = pages.chunks().get(group);
    return chunk.getEncodings().stream().anyMatch(encoding -> encoding.usesDictionary());
  }
}
