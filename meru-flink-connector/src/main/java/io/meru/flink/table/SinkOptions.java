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

package io.meru.flink.table;

import io.meru.flink.sink.MeruSinkOptions;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.FactoryUtil;
import org.jspecify.annotations.Nullable;

/** The sink's options, as a SQL table states them: under Meru's names, Iceberg's and Flink's. */
final class SinkOptions {
  /** Other names of options of the sink: Iceberg's, and Flink's for all connectors. */
  static final Map<String, ConfigOption<?>> OTHER_NAMES =
      Map.of(
          FactoryUtil.SINK_PARALLELISM.key(),
          MeruSinkOptions.WRITE_PARALLELISM,
          "compression-codec",
          MeruSinkOptions.LEVEL0_CODEC,
          "compression-level",
          MeruSinkOptions.LEVEL0_CODEC_LEVEL);

  private SinkOptions() {}

  /** The options that the sink reads, each under its own name. */
  static Map<String, String> of(Map<String, String> options) {
    Map<String, String> own = new HashMap<>();
    for (ConfigOption<?> option : MeruSinkOptions.all()) {
      String value = options.get(option.key());
      if (value != null) {
        own.put(option.key(), value);
      }
    }
    OTHER_NAMES.forEach((name, option) -> putOther(own, name, option.key(), options.get(name)));
    return own;
  }

  private static void putOther(
      Map<String, String> own, String name, String key, @Nullable String value) {
    if (value == null) {
      return;
    }
    String before = own.putIfAbsent(key, value);
    if (before != null && !before.equals(value)) {
      throw new ValidationException(
          "Options '%s'='%s' and '%s'='%s' mean the same. Keep one."
              .formatted(key, before, name, value));
    }
  }
}
