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

package io.meru.flink;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.meru.testing.PackageRules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which package of the connector may use which; the sink knows nothing of SQL. */
class ArchitectureTest {
  private static final List<String> LOWEST_FIRST =
      List.of("data", "loader", "sink", "table", "catalog");

  @Test
  void eachPackageUsesOnlyLowerOnes() {
    PackageRules.lowestFirst("io.meru.flink", LOWEST_FIRST)
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.meru.flink"));
  }
}
