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

package io.meru.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HeapNeedTest {
  @Test
  void theHeapOfJvmOptionsDoesForTheDefaultAndForTenTimesIt() throws IOException {
    String heap = Files.readAllLines(Path.of("src/main/resources/jvm.options")).get(0);
    assertThat(heap).matches("-Xmx\\d+m");
    long bytes = Long.parseLong(heap.replaceAll("\\D", "")) << 20;
    assertThat(HeapNeed.shortage(0.01, bytes)).isEmpty();
    assertThat(HeapNeed.shortage(0.1, bytes)).isEmpty();
  }

  @Test
  void aLargerScaleIsRefusedWithWhatToSet() {
    assertThat(HeapNeed.shortage(1, 1500L << 20))
        .hasValue(
            "Scale factor 1.0 takes a heap of 2700 MB, and this JVM has 1500 MB. Give it more:"
                + " QUICKSTART_HEAP=2700m ./quickstart 1.0");
    assertThat(HeapNeed.shortage(1, 2700L << 20)).isEmpty();
  }
}
