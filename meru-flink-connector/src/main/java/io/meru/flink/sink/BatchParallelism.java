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

package io.meru.flink.sink;

import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.SinkTransformation;

/**
 * Keeps hash ranges true in batch execution. There Flink may choose an operator's parallelism while
 * the job runs and hand any slice of the exchange to any subtask, unless the parallelism was set
 * explicitly. Writers own their keys by their index, so the sink makes its parallelism explicit.
 */
final class BatchParallelism {
  private BatchParallelism() {}

  /** Makes the present parallelism of every use of {@code sink} explicit, unless it streams. */
  static void makeExplicit(StreamExecutionEnvironment environment, MeruSink<?> sink) {
    if (environment.getConfiguration().get(ExecutionOptions.RUNTIME_MODE)
        == RuntimeExecutionMode.STREAMING) {
      return;
    }
    for (Transformation<?> transformation : environment.getTransformations()) {
      if (transformation instanceof SinkTransformation<?, ?> use
          && use.getSink() == sink
          && !use.isParallelismConfigured()) {
        use.setParallelism(Math.max(1, use.getParallelism()), true);
      }
    }
  }
}
