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

import io.meru.version.VersionEdit;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The name of a committable: a digest of run, checkpoint and edits. Whoever aggregates the same
 * edits, in whatever order and however often, gets the same name.
 */
public final class CommitId {
  /** Bytes of the digest that are kept: enough that no two committables of a table share a name. */
  private static final int KEPT_BYTES = 16;

  private CommitId() {}

  /** 32 hexadecimal digits. */
  public static String of(Committable committable) {
    MessageDigest digest = sha256();
    update(digest, committable.runId());
    update(digest, Long.toString(committable.checkpointId()));
    committable.edits().stream()
        .map(VersionEdit::id)
        .map(UUID::toString)
        .sorted()
        .forEach(id -> update(digest, id));
    return HexFormat.of().formatHex(digest.digest(), 0, KEPT_BYTES);
  }

  /** The first eight hexadecimal digits of an edit's id: what a snapshot says of it. */
  static String shortId(VersionEdit edit) {
    return "%08x".formatted((int) (edit.id().getMostSignificantBits() >>> 32));
  }

  /** The short ids of the edits that change something, ascending, separated by commas. */
  static String shortIds(List<VersionEdit> edits) {
    return edits.stream()
        .filter(edit -> !edit.isEmpty())
        .map(CommitId::shortId)
        .sorted()
        .collect(Collectors.joining(","));
  }

  private static void update(MessageDigest digest, String part) {
    digest.update(part.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) '\n');
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
