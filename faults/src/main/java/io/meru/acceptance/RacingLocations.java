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

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.io.LocationProvider;
import org.jspecify.annotations.Nullable;

/**
 * The table's usual locations, and the place at which another writer comes first: the committer
 * asks for the location of its deletion vectors after it has planned a commit and before it makes
 * it. Named by the table property {@code write.location-provider.impl}.
 */
public final class RacingLocations implements LocationProvider {
  private static final AtomicReference<@Nullable Runnable> RIVAL = new AtomicReference<>();
  private static final List<String> LOCATIONS = new CopyOnWriteArrayList<>();

  private final LocationProvider usual;

  /** As Iceberg calls it. */
  public RacingLocations(String tableLocation, Map<String, String> properties) {
    Map<String, String> rest = new HashMap<>(properties);
    rest.remove(TableProperties.WRITE_LOCATION_PROVIDER_IMPL);
    this.usual = LocationProviders.locationsFor(tableLocation, rest);
  }

  /** Runs {@code rival} once, in the next commit that has been planned. */
  static void race(Runnable rival) {
    LOCATIONS.clear();
    RIVAL.set(rival);
  }

  /** How often the commit that the rival came before has been planned. */
  static long plansSince() {
    return LOCATIONS.stream()
        .map(name -> name.substring(0, name.lastIndexOf('-')))
        .filter(plan -> commit(plan).equals(commit(LOCATIONS.get(0))))
        .distinct()
        .count();
  }

  /** Files of vectors are named for the commit, the attempt to make it, and their number. */
  private static String commit(String fileName) {
    return fileName.substring(0, fileName.indexOf('-', "meru-dv-".length()));
  }

  @Override
  public String newDataLocation(String fileName) {
    if (fileName.endsWith(".puffin")) {
      Runnable rival = RIVAL.getAndSet(null);
      if (rival != null) {
        rival.run();
        LOCATIONS.add(fileName);
      } else if (!LOCATIONS.isEmpty()) {
        LOCATIONS.add(fileName);
      }
    }
    return usual.newDataLocation(fileName);
  }

  @Override
  public String newDataLocation(PartitionSpec spec, StructLike partition, String fileName) {
    return usual.newDataLocation(spec, partition, fileName);
  }
}
