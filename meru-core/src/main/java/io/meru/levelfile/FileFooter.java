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

package io.meru.levelfile;

import java.util.Map;
import java.util.Set;

/**
 * What the footer of a Parquet file says of it.
 *
 * @param rowCount rows of all row groups
 * @param properties its keys and values, {@link FooterKeys} among them in a level file
 * @param fieldIds field ids of its top-level columns
 */
public record FileFooter(long rowCount, Map<String, String> properties, Set<Integer> fieldIds) {}
