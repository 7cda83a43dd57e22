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

package io.meru.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which locations may name one folder. */
class StorageFolderTest {
  @ParameterizedTest
  @CsvSource({
    "s3://b/t, s3a://b/t/, true",
    "s3://b/t, s3://c/t, false",
    "s3://b/t, s3://b/u, false",
    "s3://b/t, gs://b/t, false",
    "/t, s3a://b/t, false",
    "abfss://c@a.dfs.core.windows.net/t, wasbs://c@a.blob.core.windows.net/t, true",
    "abfss://c@a.dfs.core.windows.net/t, abfss://c@b.dfs.core.windows.net/t, false",
    "hdfs://name/lake/t, hdfs://NAME:8020/x/../lake/t, true",
    "hdfs://name/lake/t, hdfs://name/lake/copy, false",
    "hdfs:///lake/t, hdfs://name:8020/lake/t, true",
    "hdfs://name:8020/lake/t, webhdfs://name:9870/lake/t, true",
    "hdfs://production/lake/t, hdfs://recovery/lake/t, false",
    "viewfs://mounts/lake/t, hdfs://name/lake/t, true",
    "/lake/t, hdfs://name/lake/t, true",
    "file:///lake/t, hdfs://name/lake/t, false",
    "abfs:///lake/t, abfss://c@a.dfs.core.windows.net/lake/t, true",
    "abfss://c@a.dfs.core.windows.net, abfss://c@a.dfs.core.windows.net/, true",
    "alluxio://name/t, alluxio://name:19998/t, true",
    "s3://b/../t, s3://b/t, true",
    "/lake/t, file:///lake//t, true",
    "/lake/t, /lake/t2, false",
    "lake/t, ./lake/t, true",
    "../t, t, false"
  })
  void foldersAreTheSame(String one, String other, boolean same) {
    assertThat(StorageFolder.of(one).maybeSame(StorageFolder.of(other))).isEqualTo(same);
    assertThat(StorageFolder.of(other).maybeSame(StorageFolder.of(one))).isEqualTo(same);
  }

  @Test
  void theWorkingDirectoryHasAName() {
    StorageFolder here = StorageFolder.of(".");

    assertThat(here.maybeSame(StorageFolder.of(Path.of("").toAbsolutePath().toString()))).isTrue();
    assertThat(here.maybeSame(StorageFolder.of("/a/t"))).isFalse();
  }

  /** As every path with an umlaut is where the JVM's file names are ASCII. */
  @Test
  void aPathThatTheLocalFileSystemRefusesIsComparedAsText() {
    StorageFolder folder = StorageFolder.of("s3://b/a\0b");

    assertThat(folder.maybeSame(StorageFolder.of("s3a://b/a\0b/"))).isTrue();
    assertThat(StorageFolder.of("/a\0b").maybeSame(StorageFolder.of("/a\0c"))).isFalse();
  }
}
