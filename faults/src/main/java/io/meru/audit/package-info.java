/** What a table's files say of it, for the harnesses. Reads through Iceberg alone. */
@NullMarked
package io.meru.audit;

import org.jspecify.annotations.NullMarked;
