/**
 * The command {@code meru}: one class per subcommand, which reads its options, calls meru-core and
 * prints records as text or as JSON. What it shows is found out in {@code io.meru.inspect}, what it
 * changes is done in {@code io.meru.maintenance} or by Iceberg.
 */
@NullMarked
package io.meru.cli;

import org.jspecify.annotations.NullMarked;
