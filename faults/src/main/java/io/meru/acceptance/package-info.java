/**
 * One short suite over every catalog and every storage that Meru is used with: real SQL jobs, whose
 * tables are defined as the SQL guide prints it, on real servers. Runs in a JVM that has what Flink
 * has in its {@code lib} folder.
 */
@NullMarked
package io.meru.acceptance;

import org.jspecify.annotations.NullMarked;
