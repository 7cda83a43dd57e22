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

package io.meru.version;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntConsumer;
import org.roaringbitmap.RoaringBitmap;
import org.roaringbitmap.RoaringBitmapWriter;

/**
 * The deleted positions of one data file. Immutable; safe to read from many threads. Positions are
 * from 0, at most 2^31 - 1 for files that Meru touches (a file with more rows is refused).
 */
public final class DeletionVector {
  /** No position deleted. */
  public static final DeletionVector EMPTY = new DeletionVector(new RoaringBitmap());

  /** Highest position that a vector can hold. */
  public static final long MAX_POSITION = Integer.MAX_VALUE;

  private final RoaringBitmap bitmap;

  private DeletionVector(RoaringBitmap bitmap) {
    this.bitmap = bitmap;
  }

  /** The vector of these positions, in any order. */
  public static DeletionVector of(long... positions) {
    Builder builder = new Builder();
    for (long position : positions) {
      builder.add(position);
    }
    return builder.build();
  }

  /** Whether {@code position} is deleted. */
  public boolean contains(long position) {
    return position >= 0 && position <= MAX_POSITION && bitmap.contains((int) position);
  }

  /** Whether no position is deleted. */
  public boolean isEmpty() {
    return bitmap.isEmpty();
  }

  /** Number of deleted positions. */
  public long cardinality() {
    return bitmap.getLongCardinality();
  }

  /** The highest deleted position, -1 when there is none. */
  public long last() {
    return bitmap.isEmpty() ? -1 : bitmap.last();
  }

  /** This vector and {@code other}'s positions. */
  public DeletionVector or(DeletionVector other) {
    if (other.isEmpty()) {
      return this;
    }
    return isEmpty() ? other : new DeletionVector(RoaringBitmap.or(bitmap, other.bitmap));
  }

  /** The positions that are in this vector and in {@code other}. */
  public DeletionVector and(DeletionVector other) {
    return isEmpty() || other.isEmpty()
        ? EMPTY
        : new DeletionVector(RoaringBitmap.and(bitmap, other.bitmap));
  }

  /** This vector without {@code other}'s positions. */
  public DeletionVector andNot(DeletionVector other) {
    return other.isEmpty() ? this : new DeletionVector(RoaringBitmap.andNot(bitmap, other.bitmap));
  }

  /**
   * A 64-bit sum over the positions, each mixed by the finalizer of SplitMix64 (Steele, Lea and
   * Flood, "Fast Splittable Pseudorandom Number Generators", 2014): vectors of other positions have
   * another one, but for one pair in 2^64. Stable: committables carry it.
   */
  public long fingerprint() {
    long[] sum = {0};
    bitmap.forEach((IntConsumer) position -> sum[0] += mixed(position + 1L));
    return sum[0];
  }

  private static long mixed(long value) {
    long z = value * 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** Hands every deleted position to {@code consumer}, ascending. */
  public void forEach(LongConsumer consumer) {
    bitmap.forEach((IntConsumer) consumer::accept);
  }

  /** The deleted positions, ascending. */
  public int[] toArray() {
    return bitmap.toArray();
  }

  /** Estimated heap bytes. */
  public long memoryBytes() {
    return bitmap.getLongSizeInBytes() + 64;
  }

  /** Portable Roaring bytes (the 32-bit Roaring format specification). */
  public byte[] serialize() {
    ByteBuffer buffer = ByteBuffer.allocate(bitmap.serializedSizeInBytes());
    bitmap.serialize(buffer);
    return buffer.array();
  }

  /**
   * Reads what {@link #serialize} wrote.
   *
   * @throws IllegalArgumentException if the bytes are anything else
   */
  public static DeletionVector deserialize(byte[] bytes) {
    RoaringBitmap bitmap = new RoaringBitmap();
    ByteArrayInputStream input = new ByteArrayInputStream(bytes);
    try {
      bitmap.deserialize(new DataInputStream(input));
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "Cannot read a deletion vector: %d bytes are not a 32-bit Roaring bitmap"
              .formatted(bytes.length),
          e);
    }
    if (input.available() != 0) {
      throw new IllegalArgumentException(
          "Cannot read a deletion vector: %d of %d bytes are left behind the bitmap"
              .formatted(input.available(), bytes.length));
    }
    if (!bitmap.isEmpty() && bitmap.last() < 0) {
      throw new IllegalArgumentException(
          "Cannot read a deletion vector: position %d is above %d"
              .formatted(Integer.toUnsignedLong(bitmap.last()), MAX_POSITION));
    }
    return bitmap.isEmpty() ? EMPTY : new DeletionVector(bitmap);
  }

  /** Whether {@code that} is a vector of the same positions. */
  @Override
  public boolean equals(@Nullable Object that) {
    return that instanceof DeletionVector other && bitmap.equals(other.bitmap);
  }

  @Override
  public int hashCode() {
    // not Roaring's: that depends on whether a container is run-length encoded
    return Long.hashCode(cardinality() * 31 + last());
  }

  @Override
  public String toString() {
    return "DeletionVector[%d positions, last %d]".formatted(cardinality(), last());
  }

  /** Collects positions in any order; ascending ones cost least. */
  public static final class Builder {
    private final RoaringBitmapWriter<RoaringBitmap> writer = RoaringBitmapWriter.writer().get();

    /**
     * Adds a position.
     *
     * @throws IllegalArgumentException if it is negative or above {@link #MAX_POSITION}
     */
    public Builder add(long position) {
      if (position < 0 || position > MAX_POSITION) {
        throw new IllegalArgumentException(
            ("Cannot delete position %d: positions go from 0 to %d. A data file of 2^31 rows or"
                    + " more cannot be updated; rewrite it into smaller files.")
                .formatted(position, MAX_POSITION));
      }
      writer.add((int) position);
      return this;
    }

    /** The vector; the builder must not be used again. */
    public DeletionVector build() {
      RoaringBitmap bitmap = writer.get();
      return bitmap.isEmpty() ? EMPTY : new DeletionVector(bitmap);
    }
  }
}
