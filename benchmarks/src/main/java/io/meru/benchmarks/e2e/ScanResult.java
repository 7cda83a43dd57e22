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

package io.meru.benchmarks.e2e;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What reading one table took.
 *
 * @param label the table, as the report names it
 * @param outcome what the rows were, against the workload; missing for a copy of another table
 * @param audit what its metadata says; only Iceberg tables have one
 * @param wallNanos of each timed scan
 * @param cpuNanos of each timed scan, whole process but for the JIT
 */
record ScanResult(
    String label,
    String workload,
    Verifier.@Nullable Outcome outcome,
    @Nullable IcebergAudit audit,
    List<Long> wallNanos,
    List<Long> cpuNanos) {}
