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

/** Pseudo-random bits as pure functions of a number, some of them reversible. */
final class Bits {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final int KEY_BITS = 40;
  private static final long KEY_MASK = (1L << KEY_BITS) - 1;
  private static final long KEY_FACTOR = 0xA1B3C5D7E9L;
  private static final long KEY_FACTOR_INVERSE = inverse(KEY_FACTOR);

  private Bits() {}

  /** 64 well mixed bits of {@code x} (the finalizer of SplitMix64). */
  static long mix(long x) {
    long z = x + GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A number in [0, bound) from the upper half of {@code random}. */
  static int below(long random, int bound) {
    return (int) (((random >>> 32) * bound) >>> 32);
  }

  /** A bijection of the numbers below 2^40 that scatters neighbours. */
  static long scatter(long x) {
    long y = (x * KEY_FACTOR) & KEY_MASK;
    y ^= y >>> (KEY_BITS / 2);
    return (y * KEY_FACTOR) & KEY_MASK;
  }

  /** Undoes {@link #scatter}. */
  static long gather(long y) {
    long x = (y * KEY_FACTOR_INVERSE) & KEY_MASK;
    x ^= x >>> (KEY_BITS / 2);
    return (x * KEY_FACTOR_INVERSE) & KEY_MASK;
  }

  /** Eight ASCII characters from '0' to 'o', made of the lower 48 bits. */
  static long printable(long random) {
    long x = random & 0xFF_FFFFL | (random & 0xFFFF_FF00_0000L) << 8;
    x = x & 0x0000_0FFF_0000_0FFFL | (x & 0x00FF_F000_00FF_F000L) << 4;
    x = x & 0x003F_003F_003F_003FL | (x & 0x0FC0_0FC0_0FC0_0FC0L) << 2;
    return x + 0x3030_3030_3030_3030L;
  }

  /** Inverse of an odd number modulo 2^64, by Newton's iteration. */
  private static long inverse(long odd) {
    long x = odd;
    for (int i = 0; i < 5; i++) {
      x *= 2 - odd * x;
    }
    return x;
  }
}
