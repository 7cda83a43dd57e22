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

import io.meru.servers.HdfsServer;
import io.meru.servers.HiveMetastore;
import io.meru.servers.PostgresServer;
import io.meru.servers.RestCatalogServer;
import io.meru.servers.S3Server;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The servers behind the catalogs and storages; each is started when a pair first needs it. */
final class Servers implements AutoCloseable {
  private static final String BUCKET = "lake";

  private final PrintedOptions printed;
  private final ClassPaths classPaths;
  private final Path directory;
  private final List<AutoCloseable> started = new ArrayList<>();
  private final Map<StorageKind, URI> catalogs = new EnumMap<>(StorageKind.class);
  private @Nullable S3Server s3;
  private @Nullable HdfsServer hdfs;
  private @Nullable HiveMetastore hive;
  private @Nullable PostgresServer postgres;

  Servers(PrintedOptions printed, ClassPaths classPaths, Path directory) {
    this.printed = printed;
    this.classPaths = classPaths;
    this.directory = directory;
  }

  /** The pair's catalog, with its servers running. */
  Lake lake(Pair pair) throws Exception {
    Map<String, String> options = new HashMap<>(storage(pair));
    options.putAll(catalog(pair, options));
    return new Lake(pair, options);
  }

  private Map<String, String> storage(Pair pair) throws Exception {
    String folder = "/" + pair.id();
    return switch (pair.storage()) {
      case LOCAL -> {
        Path warehouse = Files.createDirectories(directory.resolve("warehouse" + folder));
        yield printed.of("local", Map.of("warehouse", warehouse.toUri().toString()));
      }
      case HDFS -> printed.of("hdfs", Map.of("warehouse", hdfs().uri() + folder));
      case S3 ->
          printed.of(
              "s3",
              Map.of(
                  "warehouse",
                  "s3://" + BUCKET + folder,
                  "s3.endpoint",
                  s3().endpoint().toString(),
                  "s3.access-key-id",
                  S3Server.ACCESS_KEY,
                  "s3.secret-access-key",
                  S3Server.SECRET_KEY));
    };
  }

  private Map<String, String> catalog(Pair pair, Map<String, String> storage) throws Exception {
    String name = pair.catalog().toString();
    return switch (pair.catalog()) {
      case HADOOP -> printed.of(name, Map.of());
      case JDBC_SQLITE ->
          printed.of(name, Map.of("uri", "jdbc:sqlite:" + directory.resolve(pair.id() + ".db")));
      case JDBC_POSTGRESQL ->
          printed.of(
              name,
              Map.of(
                  "uri", postgres().uri(), "jdbc.user", PostgresServer.USER, "jdbc.password", ""));
      case REST -> printed.of(name, Map.of("uri", rest(pair, storage).toString()));
      case HIVE -> printed.of(name, Map.of("uri", hive().uri().toString()));
    };
  }

  private S3Server s3() throws Exception {
    if (s3 == null) {
      s3 = keep(S3Server.start(classPaths.of("s3-server"), directory.resolve("s3")));
      s3.createBucket(BUCKET);
    }
    return s3;
  }

  private HdfsServer hdfs() throws Exception {
    if (hdfs == null) {
      hdfs = keep(HdfsServer.start(classPaths.of("hdfs-server"), directory.resolve("hdfs")));
    }
    return hdfs;
  }

  private HiveMetastore hive() throws Exception {
    if (hive == null) {
      hive = keep(HiveMetastore.start(classPaths.of("hive-server"), directory.resolve("hive")));
    }
    return hive;
  }

  private PostgresServer postgres() throws Exception {
    if (postgres == null) {
      postgres = keep(PostgresServer.start(directory.resolve("postgres.log")));
    }
    return postgres;
  }

  /** One server per storage: it has one warehouse. */
  private URI rest(Pair pair, Map<String, String> storage) throws Exception {
    URI uri = catalogs.get(pair.storage());
    if (uri == null) {
      RestCatalogServer server =
          keep(
              RestCatalogServer.start(
                  classPaths.restServer(), directory.resolve("rest-" + pair.storage()), storage));
      uri = server.uri();
      catalogs.put(pair.storage(), uri);
    }
    return uri;
  }

  private <S extends AutoCloseable> S keep(S server) {
    started.add(server);
    return server;
  }

  /** Closes all of them, whatever becomes of one. */
  @Override
  public void close() {
    IllegalStateException failure = null;
    for (AutoCloseable server : started) {
      try {
        server.close();
      } catch (Exception e) {
        failure = new IllegalStateException("Cannot stop " + server, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
