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

package io.meru.inspect;

import static java.util.Objects.requireNonNull;

import io.meru.dv.DeletionVectors;
import io.meru.error.CorruptFileException;
import io.meru.error.UnsupportedTableException;
import io.meru.io.LocalFirstFileIO;
import io.meru.version.DeletionVector;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.puffin.BlobMetadata;
import org.apache.iceberg.puffin.Puffin;
import org.apache.iceberg.puffin.PuffinReader;
import org.apache.iceberg.puffin.StandardBlobTypes;
import org.apache.iceberg.types.Comparators;
import org.jspecify.annotations.Nullable;

/**
 * Checks deletion vectors, each once however many snapshots in a row hold it, and keeps the
 * positions of those that the last one held.
 */
final class VectorCheck {
  private static final String REFERENCED_DATA_FILE = "referenced-data-file";
  private static final String CARDINALITY = "cardinality";

  private final Table table;
  private final FileIO io;
  private final Findings findings;

  /** By id; empty for one that cannot be read. */
  private Map<String, Optional<DeletionVector>> checked = new HashMap<>();

  /** By path; empty for a file that cannot be read. */
  private Map<String, Optional<List<BlobMetadata>>> puffins = new HashMap<>();

  private Map<String, Optional<DeletionVector>> previous = new HashMap<>();
  private Map<String, Optional<List<BlobMetadata>>> previousPuffins = new HashMap<>();

  /** Position delete files of format version 2 that are missing or cannot be read. */
  private final Set<String> lostPositions = new HashSet<>();

  private int count;

  VectorCheck(Table table, Findings findings) {
    this.table = table;
    this.io = new LocalFirstFileIO(table.io());
    this.findings = findings;
  }

  /** Vectors checked so far. */
  int count() {
    return count;
  }

  /** Forgets what the snapshot before the last one held. */
  void startSnapshot() {
    previous = checked;
    previousPuffins = puffins;
    checked = new HashMap<>();
    puffins = new HashMap<>();
  }

  /** The vector that {@code delete} names for {@code file}; empty if it cannot be read. */
  Optional<DeletionVector> check(DeleteFile delete, DataFile file) {
    String id = delete.location() + "@" + delete.contentOffset() + "#" + file.location();
    Optional<DeletionVector> known = checked.getOrDefault(id, previous.get(id));
    if (known == null) {
      known = read(delete, file);
      count++;
    }
    checked.put(id, known);
    return known;
  }

  private Optional<DeletionVector> read(DeleteFile delete, DataFile file) {
    Optional<BlobMetadata> blob = blob(delete);
    if (blob.isEmpty()) {
      return Optional.empty();
    }
    DeleteFile asStored = delete;
    String stated = blob.get().properties().get(CARDINALITY);
    if (!String.valueOf(delete.recordCount()).equals(stated)) {
      findings.error(
          Invariant.VECTOR_CARDINALITY,
          delete.location(),
          null,
          "%d positions of %s, as the manifest says"
              .formatted(delete.recordCount(), file.location()),
          "%s positions, as the Puffin file says".formatted(stated));
      asStored = withCardinality(delete, stated);
    }
    try {
      DeletionVector vector = DeletionVectors.load(io, List.of(asStored), file.location());
      checkPositions(delete, file, vector);
      return Optional.of(vector);
    } catch (CorruptFileException | UnsupportedTableException | IllegalStateException e) {
      Throwable cause = e.getCause();
      unreadable(
          delete, e.getMessage() + (cause == null ? "" : " (%s)".formatted(cause.getMessage())));
      return Optional.empty();
    }
  }

  private void checkPositions(DeleteFile delete, DataFile file, DeletionVector vector) {
    if (vector.last() >= file.recordCount()) {
      findings.error(
          Invariant.VECTOR_POSITIONS,
          file.location(),
          vector.last(),
          "positions below %d, the file's row count".formatted(file.recordCount()),
          "position %d in the vector of %s".formatted(vector.last(), delete.location()));
    }
  }

  /** The blob that the manifest points to, if the Puffin file has one there that says the same. */
  private Optional<BlobMetadata> blob(DeleteFile delete) {
    Optional<List<BlobMetadata>> blobs =
        puffins.getOrDefault(delete.location(), previousPuffins.get(delete.location()));
    if (blobs == null) {
      blobs = readFooter(delete);
    }
    puffins.put(delete.location(), blobs);
    if (blobs.isEmpty()) {
      return Optional.empty();
    }
    Optional<BlobMetadata> blob =
        blobs.get().stream()
            .filter(candidate -> Long.valueOf(candidate.offset()).equals(delete.contentOffset()))
            .filter(candidate -> StandardBlobTypes.DV_V1.equals(candidate.type()))
            .findFirst();
    if (blob.isEmpty()) {
      unreadable(delete, "no deletion vector at offset %s".formatted(delete.contentOffset()));
      return Optional.empty();
    }
    if (!Long.valueOf(blob.get().length()).equals(delete.contentSizeInBytes())) {
      unreadable(
          delete,
          "%d bytes at offset %s, and %s in the manifest"
              .formatted(blob.get().length(), delete.contentOffset(), delete.contentSizeInBytes()));
      return Optional.empty();
    }
    String path = blob.get().properties().get(REFERENCED_DATA_FILE);
    if (!requireNonNull(delete.referencedDataFile()).equals(path)) {
      unreadable(delete, "the vector of %s at offset %s".formatted(path, delete.contentOffset()));
      return Optional.empty();
    }
    return blob;
  }

  private Optional<List<BlobMetadata>> readFooter(DeleteFile delete) {
    InputFile input = io.newInputFile(delete.location());
    if (!input.exists()) {
      findings.error(Invariant.FILE_EXISTS, delete.location(), null, "the file", "no such file");
      return Optional.empty();
    }
    long length = input.getLength();
    if (length != delete.fileSizeInBytes()) {
      findings.error(
          Invariant.FILE_SIZE,
          delete.location(),
          null,
          "%d bytes, as the manifest says".formatted(delete.fileSizeInBytes()),
          "%d bytes".formatted(length));
      return Optional.empty();
    }
    try (PuffinReader puffin = Puffin.read(input).withFileSize(length).build()) {
      return Optional.of(puffin.fileMetadata().blobs());
    } catch (IOException | RuntimeException e) {
      unreadable(delete, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private DeleteFile withCardinality(DeleteFile delete, @Nullable String cardinality) {
    try {
      return FileMetadata.deleteFileBuilder(requireNonNull(table.specs().get(delete.specId())))
          .copy(delete)
          .withRecordCount(Long.parseLong(String.valueOf(cardinality)))
          .build();
    } catch (NumberFormatException e) {
      return delete;
    }
  }

  private void unreadable(DeleteFile delete, String found) {
    findings.error(
        Invariant.VECTOR_READABLE,
        delete.location(),
        null,
        "the deletion vector of %s".formatted(delete.referencedDataFile()),
        found);
  }

  /** Whether {@code delete}, a position delete file of format version 2, may name rows of it. */
  boolean applies(DeleteFile delete, DataFile file) {
    String only = delete.referencedDataFile();
    return (only == null || only.equals(file.location()))
        && delete.specId() == file.specId()
        && Comparators.forType(requireNonNull(table.specs().get(file.specId())).partitionType())
                .compare(delete.partition(), file.partition())
            == 0
        && requireNonNull(delete.dataSequenceNumber()) >= requireNonNull(file.dataSequenceNumber());
  }

  /**
   * The positions that {@code delete}, which applies to it, deletes of {@code file}; empty if it is
   * missing or cannot be read.
   */
  Optional<DeletionVector> positionDeletes(DeleteFile delete, DataFile file) {
    if (lostPositions.contains(delete.location())) {
      return Optional.empty();
    }
    try {
      return Optional.of(DeletionVectors.load(io, List.of(delete), file.location()));
    } catch (NotFoundException e) {
      findings.error(Invariant.FILE_EXISTS, delete.location(), null, "the file", "no such file");
    } catch (RuntimeException e) { // whatever a reader of its format throws
      findings.error(
          Invariant.VECTOR_READABLE,
          delete.location(),
          null,
          "positions of deleted rows",
          String.valueOf(e.getMessage()));
    }
    lostPositions.add(delete.location());
    return Optional.empty();
  }
}
