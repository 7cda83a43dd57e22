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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.RuntimeIOException;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.inmemory.InMemoryFileIO;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.RangeReadable;
import org.apache.iceberg.io.ResolvingFileIO;
import org.apache.iceberg.io.SeekableInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableFilesTest {
  @TempDir private Path folder;

  private final FileIO io = new HadoopFileIO(new Configuration(false));

  @Test
  void aLocalFileIsWrittenInFoldersThatDidNotExistAndReadBack() throws IOException {
    String location = "file:" + folder + "/a/b/c.bin";
    OutputFile output = TableFiles.output(io, location);
    assertThat(output.location()).isEqualTo(location);
    try (PositionOutputStream out = output.create()) {
      out.write(1);
      out.write(new byte[] {2, 3, 4});
      assertThat(out.getPos()).isEqualTo(4);
    }
    assertThat(Files.readAllBytes(folder.resolve("a/b/c.bin"))).containsExactly(1, 2, 3, 4);

    InputFile input = TableFiles.input(io, location, 4);
    assertThat(input.getLength()).isEqualTo(4);
    try (SeekableInputStream in = input.newStream()) {
      in.seek(2);
      assertThat(in.read()).isEqualTo(3);
      assertThat(in.getPos()).isEqualTo(3);
      byte[] two = new byte[2];
      ((RangeReadable) in).readFully(1, two, 0, 2);
      assertThat(two).containsExactly(2, 3);
      assertThat(((RangeReadable) in).readTail(two, 0, 2)).isEqualTo(2);
      assertThat(two).containsExactly(3, 4);
      assertThat(in.read()).isEqualTo(4);
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void aLocalFileIsDeletedWithoutHadoop() throws IOException {
    FileIO withoutFileSystem =
        new HadoopFileIO(new Configuration(false)) {
          @Override
          public void deleteFile(String path) {
            throw new AssertionError("Hadoop must not be asked to delete " + path);
          }
        };
    Path file = Files.write(folder.resolve("dead"), new byte[10]);

    TableFiles.delete(withoutFileSystem, "file:" + file);
    assertThat(file).doesNotExist();
    TableFiles.delete(withoutFileSystem, "file:" + file);
    new LocalFirstFileIO(withoutFileSystem).deleteFile("file:" + file);
  }

  @Test
  void whatIsNotADeletableFileSaysSo() throws IOException {
    Files.write(Files.createDirectory(folder.resolve("full")).resolve("file"), new byte[1]);
    assertThatThrownBy(() -> TableFiles.delete(io, "file:" + folder + "/full"))
        .isInstanceOf(RuntimeIOException.class)
        .hasMessageContaining("Cannot delete file:" + folder + "/full");
  }

  @Test
  void whatIsNotLocalIsDeletedByTheTablesFileIo() {
    InMemoryFileIO memory = new InMemoryFileIO();
    memory.addFile("memory:/a", new byte[1]);

    TableFiles.delete(memory, "memory:/a");
    assertThat(memory.fileExists("memory:/a")).isFalse();
  }

  @Test
  void readingBeyondTheEndSaysWhereTheFileEnds() throws IOException {
    Files.write(folder.resolve("short"), new byte[10]);
    try (SeekableInputStream in = TableFiles.input(io, folder + "/short", 10).newStream()) {
      assertThatThrownBy(() -> ((RangeReadable) in).readFully(5, new byte[8], 0, 8))
          .isInstanceOf(EOFException.class)
          .hasMessage("The file ends at 10, before the end of the 8 bytes at 5");
    }
  }

  @Test
  void creatingAFileThatExistsFailsAndOverwritingReplacesIt() throws IOException {
    OutputFile output = TableFiles.output(io, folder + "/f");
    Files.write(folder.resolve("f"), new byte[100]);
    assertThatThrownBy(output::create)
        .isInstanceOf(AlreadyExistsException.class)
        .hasMessage("Cannot create %s/f: it already exists".formatted(folder));
    try (PositionOutputStream out = output.createOrOverwrite()) {
      out.write(7);
    }
    assertThat(Files.readAllBytes(folder.resolve("f"))).containsExactly(7);
  }

  @Test
  void aMissingFileIsNamed() {
    InputFile input = TableFiles.input(io, folder + "/none", 1);
    assertThat(input.exists()).isFalse();
    assertThatThrownBy(input::newStream)
        .isInstanceOf(NotFoundException.class)
        .hasMessage("Cannot read %s/none: there is no such file".formatted(folder));
  }

  @Test
  void onlyLocationsOnTheLocalFileSystemAreTakenFromTheFileIo() {
    assertThat(TableFiles.localPath(io, "file:/a/b")).contains(Path.of("/a/b"));
    assertThat(TableFiles.localPath(io, "file:///a/b")).contains(Path.of("/a/b"));
    assertThat(TableFiles.localPath(io, "/a/b")).contains(Path.of("/a/b"));
    assertThat(TableFiles.localPath(io, "file://host/a")).isEmpty();
    assertThat(TableFiles.localPath(io, "hdfs://nn/a/b")).isEmpty();
    assertThat(TableFiles.localPath(io, "s3://bucket/a")).isEmpty();
    assertThat(TableFiles.localPath(io, "a/b")).isEmpty();

    Configuration hdfs = new Configuration(false);
    hdfs.set("fs.defaultFS", "hdfs://nn");
    assertThat(TableFiles.localPath(new HadoopFileIO(hdfs), "/a/b")).isEmpty();
    assertThat(TableFiles.localPath(new HadoopFileIO(hdfs), "file:/a/b")).isPresent();

    ResolvingFileIO resolving = new ResolvingFileIO();
    resolving.initialize(Map.of());
    assertThat(TableFiles.localPath(resolving, "file:/a/b")).isPresent();
    assertThat(TableFiles.localPath(resolving, "/a/b")).isEmpty();
    assertThat(TableFiles.localPath(new InMemoryFileIO(), "file:/a/b")).isEqualTo(Optional.empty());
  }

  @Test
  void filesElsewhereGoThroughTheFileIo() throws IOException {
    InMemoryFileIO memory = new InMemoryFileIO();
    try (PositionOutputStream out = TableFiles.output(memory, "mem/f").create()) {
      out.write(5);
    }
    assertThat(memory.fileExists("mem/f")).isTrue();
    assertThat(TableFiles.input(memory, "mem/f", 1).getLength()).isEqualTo(1);
  }
}
