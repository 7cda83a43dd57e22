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

package io.meru.acceptance;

/**
 * One row of the table, whose key is {@code tenant} and {@code id} and whose partition is {@code
 * region}.
 *
 * @param n the change that wrote it
 */
record Item(int tenant, long id, String region, long n, String payload) {
  /** A row's key. */
  record Key(int tenant, long id) implements Comparable<Key> {
    @Override
    public int compareTo(Key that) {
      int byTenant = Integer.compare(tenant, that.tenant);
      return byTenant != 0 ? byTenant : Long.compare(id, that.id);
    }
  }

  Key key() {
    return new Key(tenant, id);
  }
}
