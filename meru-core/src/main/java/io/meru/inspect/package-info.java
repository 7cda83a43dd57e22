/**
 * Looks at a table and changes nothing: its shape, where a key lives, whether it keeps the
 * invariants. Results are plain records, for the command line and for programs. Uses all packages
 * of the write path, and commit for the names of properties only.
 */
@NullMarked
package io.meru.inspect;

import org.jspecify.annotations.NullMarked;
