/** Servers as processes of their own, for tests that need real ones. Knows nothing of Meru. */
@NullMarked
package io.meru.servers;

import org.jspecify.annotations.NullMarked;
