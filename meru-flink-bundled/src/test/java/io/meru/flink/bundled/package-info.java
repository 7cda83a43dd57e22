/** Tests of the bundled jar as Flink's class loader sees it. */
@NullMarked
package io.meru.flink.bundled;

import org.jspecify.annotations.NullMarked;
