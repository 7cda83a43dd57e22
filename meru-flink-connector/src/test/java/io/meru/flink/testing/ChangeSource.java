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

package io.meru.flink.testing;

import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.Collector;

/** Streams of {@link Changes}. One subtask reads them, so that a key's changes keep their order. */
public final class ChangeSource {
  private ChangeSource() {}

  /**
   * The changes {@code [0, count)}.
   *
   * @param perSecond how many of them in a second, about; 0 for as many as go
   */
  public static DataStream<RowData> stream(
      StreamExecutionEnvironment environment, Changes changes, long count, int perSecond) {
    return environment
        .fromSequence(0, count - 1)
        .uid("numbers")
        .setParallelism(1)
        .flatMap(new ToRows(changes, perSecond))
        .uid("changes")
        .setParallelism(1)
        .returns(InternalTypeInfo.of(Changes.ROW_TYPE));
  }

  private static final class ToRows implements FlatMapFunction<Long, RowData> {
    private static final long serialVersionUID = 1L;
    private static final int PAUSE_MS = 5;

    private final Changes changes;
    private final int perPause;

    ToRows(Changes changes, int perSecond) {
      this.changes = changes;
      this.perPause = perSecond * PAUSE_MS / 1000;
    }

    @Override
    public void flatMap(Long n, Collector<RowData> out) throws InterruptedException {
      if (perPause > 0 && n % perPause == 0) {
        Thread.sleep(PAUSE_MS);
      }
      changes.rows(n).forEach(out::collect);
    }
  }
}
