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

/**
 * What keeps a table in shape beside the commits: snapshot expiry, orphan removal, compaction of
 * whole tables, the rewrite of other writers' delete files to deletion vectors, and the cleaner
 * that runs the first two inside a job. Each is an action with an options record, a result record
 * and a dry run. Uses {@code commit}'s view of a table; nothing but a host uses it.
 */
@NullMarked
package io.meru.maintenance;

import org.jspecify.annotations.NullMarked;
