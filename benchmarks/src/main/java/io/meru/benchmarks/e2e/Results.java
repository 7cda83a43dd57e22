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

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A results folder: one JSON file per kind of result. */
public final class Results {
  private final Path directory;
  private final ObjectMapper json =
      new ObjectMapper().configure(SerializationFeature.INDENT_OUTPUT, false);

  private Results(Path directory) {
    this.directory = directory;
  }

  /** The folder at {@code directory}, made if it is missing. */
  public static Results open(Path directory) throws IOException {
    Files.createDirectories(directory);
    return new Results(directory);
  }

  /** Writes {@code value} as {@code <name>.json}. */
  public void put(String name, Object value) throws IOException {
    json.writeValue(directory.resolve(name + ".json").toFile(), value);
  }

  /** Reads {@code <name>.json} if it is there. */
  <T> Optional<T> get(String name, TypeReference<T> type) throws IOException {
    Path file = directory.resolve(name + ".json");
    return Files.exists(file) ? Optional.of(json.readValue(file.toFile(), type)) : Optional.empty();
  }
}
