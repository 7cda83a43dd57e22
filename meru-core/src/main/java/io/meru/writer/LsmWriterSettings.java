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

package io.meru.writer;

import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;

/**
 * What a writer knows of its table and of its place in the job.
 *
 * @param tableName for messages
 * @param schema the table's schema, which incoming rows have as well
 * @param spec the partition spec of new files
 * @param sortOrder stated for new files when it is the order of the key, else unsorted
 * @param metricsConfig which column metrics go into manifests
 * @param keySpec the primary key
 * @param range the hashes of the keys that this writer owns
 * @param sinkId the sink's stable name
 * @param options buffer sizes and file settings
 */
public record LsmWriterSettings(
    String tableName,
    Schema schema,
    PartitionSpec spec,
    SortOrder sortOrder,
    MetricsConfig metricsConfig,
    KeySpec keySpec,
    HashRange range,
    String sinkId,
    WriteOptions options) {}
