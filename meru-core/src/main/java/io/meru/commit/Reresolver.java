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

package io.meru.commit;

import io.meru.key.HashRange;
import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.KeyFileOpener;
import io.meru.resolve.Resolver;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.HashMap;
import java.util.Map;

/**
 * Resolves the keys of an edit once more, in files that its writer did not know. The keys stand in
 * the edit's own level files; those of pure deletes travel in the edit.
 */
final class Reresolver implements AutoCloseable {
  /** Keys are read back and resolved in slices of about this many bytes. */
  private static final int BATCH_BYTES = 16 << 20;

  private final Resolver resolver;
  private final KeyFileOpener opener;
  private final KeyBatch batch = new KeyBatch();

  Reresolver(Resolver resolver, KeyFileOpener opener) {
    this.resolver = resolver;
    this.opener = opener;
  }

  @Override
  public void close() {
    resolver.close();
  }

  /** What a resolve found. */
  record Found(Map<String, DeletionVector> positions, long keys) {}

  /** The live positions of all keys of {@code edit} in the files of {@code version}. */
  Found resolve(VersionEdit edit, Version version) {
    Search search = new Search(version);
    for (AddedFile added : edit.added()) {
      searchKeysOf(added.file(), search);
    }
    search.search(edit.pureDeletes());
    return new Found(search.positions, search.keys);
  }

  private void searchKeysOf(TableFile file, Search search) {
    batch.clear();
    try (KeyFile keys = opener.open(file.path(), file.fileSizeBytes())) {
      keys.readAll(
          (position, array, offset, length) -> {
            if (batch.bytes() >= BATCH_BYTES) {
              search.search(batch);
              batch.clear();
            }
            batch.add(array, offset, length);
          });
    }
    search.search(batch);
  }

  private final class Search {
    private final Version version;
    private final Map<String, DeletionVector> positions = new HashMap<>();
    private long keys;

    Search(Version version) {
      this.version = version;
    }

    void search(SortedKeys sorted) {
      if (sorted.size() > 0) {
        keys += sorted.size();
        resolver
            .resolveEverywhere(sorted, version, HashRange.ALL, file -> true)
            .forEach((path, found) -> positions.merge(path, found, DeletionVector::or));
      }
    }
  }
}
