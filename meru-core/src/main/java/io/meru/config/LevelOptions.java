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

package io.meru.config;

/**
 * How the level files of one level are written.
 *
 * @param codec Parquet codec name as in Iceberg's {@code write.parquet.compression-codec}: zstd,
 *     snappy, gzip, lz4_raw, uncompressed
 * @param codecLevel level for zstd and gzip; ignored by the others
 * @param pageRowLimit rows after which a page ends; smaller pages cost CPU, larger ones make sparse
 *     key reads dearer
 * @param pageBytes bytes after which a page ends
 * @param rowGroupBytes bytes after which a row group ends
 * @param bloomFilter whether key columns get a Parquet Bloom filter; costs about 4 % CPU and 2.7 %
 *     size
 * @param bloomFilterFpp the filter's false-positive probability, in (0, 1)
 */
public record LevelOptions(
    String codec,
    int codecLevel,
    int pageRowLimit,
    int pageBytes,
    long rowGroupBytes,
    boolean bloomFilter,
    double bloomFilterFpp) {

  /** Level 0: written for the lowest cost of writing (measured; see docs/table-format.md). */
  public static final LevelOptions LEVEL_0_DEFAULTS =
      new LevelOptions("zstd", 1, 20_000, 1 << 20, 128L << 20, false, 0.01);

  /** Level 1 and deeper: written once, read by scans. */
  public static final LevelOptions DEEPER_DEFAULTS =
      new LevelOptions("zstd", 1, 20_000, 1 << 20, 128L << 20, false, 0.01);

  /** Checks every value. */
  public LevelOptions {
    Checks.positive("page row limit", pageRowLimit);
    Checks.positive("page bytes", pageBytes);
    Checks.positive("row group bytes", rowGroupBytes);
    if (!(bloomFilterFpp > 0 && bloomFilterFpp < 1)) {
      throw new IllegalArgumentException(
          "Bloom filter fpp must lie between 0 and 1, both excluded, but was " + bloomFilterFpp);
    }
  }
}
