/**
 * Meru in SQL: the table factory of {@code 'connector'='meru'}, the options it takes, the table it
 * creates when there is none and what it refuses. Writes go to the {@code sink} package, reads to
 * Iceberg's own Flink source.
 */
@NullMarked
package io.meru.flink.table;

import org.jspecify.annotations.NullMarked;
