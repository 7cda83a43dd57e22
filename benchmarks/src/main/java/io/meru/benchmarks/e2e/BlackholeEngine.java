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

import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.data.RowData;

/** Makes the rows and throws them away: what the source costs the other engines too. */
final class BlackholeEngine implements Engine {
  @Override
  public void createTable(Workload workload) {}

  @Override
  public void attach(DataStream<RowData> rows) {
    rows.sinkTo(new DiscardingSink<>());
  }

  @Override
  public boolean isVisible(long checkpointId) {
    return true;
  }
}
