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

package io.meru.levelfile;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.Snappy;

/** Decompresses the pages of one file; what the codecs need is made when it is first needed. */
final class PageDecompressor implements Closeable {
  private @Nullable ZstdDecompressCtx zstd;
  private @Nullable CodecFactory others;

  /** Decompresses to exactly {@code targetLength} bytes at {@code targetOffset}. */
  void decompress(
      CompressionCodecName codec,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset,
      int targetLength)
      throws IOException {
    int written =
        switch (codec) {
          case UNCOMPRESSED -> copy(source, offset, length, target, targetOffset, targetLength);
          case ZSTD ->
              zstd()
                  .decompressByteArray(target, targetOffset, targetLength, source, offset, length);
          case SNAPPY -> Snappy.uncompress(source, offset, length, target, targetOffset);
          default ->
              decompressByFactory(
                  codec, source, offset, length, target, targetOffset, targetLength);
        };
    if (written != targetLength) {
      throw new IOException(
          "A page has %d bytes, its header says %d".formatted(written, targetLength));
    }
  }

  @Override
  public void close() {
    if (zstd != null) {
      zstd.close();
    }
    if (others != null) {
      others.release();
    }
  }

  private static int copy(
      byte[] source, int offset, int length, byte[] target, int targetOffset, int targetLength) {
    System.arraycopy(source, offset, target, targetOffset, Math.min(length, targetLength));
    return length;
  }

  private int decompressByFactory(
      CompressionCodecName codec,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset,
      int targetLength)
      throws IOException {
    if (others == null) {
      others = new CodecFactory(new Configuration(false), 0);
    }
    ByteBuffer plain =
        others
            .getDecompressor(codec)
            .decompress(BytesInput.from(source, offset, length), targetLength)
            .toByteBuffer();
    int written = plain.remaining();
    plain.get(target, targetOffset, Math.min(written, targetLength));
    return written;
  }

  private ZstdDecompressCtx zstd() {
    if (zstd == null) {
      zstd = new ZstdDecompressCtx();
    }
    return zstd;
  }
}
