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

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.meru.config.LevelOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.compress.zlib.ZlibCompressor.CompressionLevel;
import org.apache.hadoop.io.compress.zlib.ZlibFactory;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Makes the compressor of one file's pages. It must be released after the file. */
final class PageCompressor {
  private PageCompressor() {}

  /** The compressor that {@code options} name. */
  static BytesInputCompressor open(LevelOptions options) {
    CompressionCodecName codec =
        CompressionCodecName.valueOf(options.codec().toUpperCase(Locale.ROOT));
    return codec == CompressionCodecName.ZSTD
        ? new ZstdPages(options.codecLevel())
        : new FactoryPages(codec, options);
  }

  /** Straight to the native library: parquet-java's way goes through streams and their buffers. */
  private static final class ZstdPages implements BytesInputCompressor {
    private final ZstdCompressCtx context = new ZstdCompressCtx();
    private final Gathered gathered = new Gathered();
    private byte[] compressed = new byte[0];

    /** With a checksum: every reader verifies it, while few look at the one that Parquet has. */
    ZstdPages(int level) {
      context.setLevel(level).setChecksum(true);
    }

    @Override
    public BytesInput compress(BytesInput bytes) throws IOException {
      gathered.reset();
      bytes.writeAllTo(gathered);
      int bound = Math.toIntExact(Zstd.compressBound(gathered.size()));
      if (compressed.length < bound) {
        compressed = new byte[bound];
      }
      int length =
          context.compressByteArray(
              compressed, 0, compressed.length, gathered.array(), 0, gathered.size());
      return BytesInput.from(compressed, 0, length);
    }

    @Override
    public CompressionCodecName getCodecName() {
      return CompressionCodecName.ZSTD;
    }

    @Override
    public void release() {
      context.close();
    }
  }

  /** The other codecs as parquet-java has them, with a configuration that reads no files. */
  private static final class FactoryPages implements BytesInputCompressor {
    private final CodecFactory factory;
    private final BytesInputCompressor compressor;

    @SuppressWarnings(
        "EnumOrdinal") // zlib's levels, 0 to 9 in this order, are that enum's first ones
    FactoryPages(CompressionCodecName codec, LevelOptions options) {
      Configuration configuration = new Configuration(false);
      if (codec == CompressionCodecName.GZIP) {
        ZlibFactory.setCompressionLevel(
            configuration, CompressionLevel.values()[options.codecLevel()]);
      }
      this.factory = new CodecFactory(configuration, options.pageBytes());
      this.compressor = factory.getCompressor(codec);
    }

    @Override
    public BytesInput compress(BytesInput bytes) throws IOException {
      return compressor.compress(bytes);
    }

    @Override
    public CompressionCodecName getCodecName() {
      return compressor.getCodecName();
    }

    @Override
    public void release() {
      factory.release();
    }
  }

  private static final class Gathered extends ByteArrayOutputStream {
    byte[] array() {
      return buf;
    }
  }
}
