/**
 * Starts a real Flink cluster of separate processes, streams changes through Meru, injects faults
 * drawn from a seed, and holds every snapshot of the table against a map. Uses the connector as a
 * user would; nothing uses it.
 */
@NullMarked
package io.meru.faults;

import org.jspecify.annotations.NullMarked;
