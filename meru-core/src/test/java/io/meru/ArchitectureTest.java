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

package io.meru;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.meru.planted.memtable.Upper;
import io.meru.planted.row.Lower;
import io.meru.testing.PackageRules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which package of the core may use which. ARCHITECTURE.md shows the same order as a picture. */
class ArchitectureTest {
  private static final List<String> LOWEST_FIRST =
      List.of(
          "error",
          "config",
          "metrics",
          "io",
          "row",
          "key",
          "memtable",
          "version",
          "dv",
          "levelfile",
          "resolve",
          "flush",
          "compaction",
          "writer",
          "commit",
          "inspect",
          "maintenance");

  private static final JavaClasses CORE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.meru");

  private static final JavaClasses PLANTED =
      new ClassFileImporter().importClasses(Lower.class, Upper.class);

  @Test
  void eachPackageUsesOnlyLowerOnes() {
    PackageRules.lowestFirst("io.meru", LOWEST_FIRST).check(CORE);
  }

  @Test
  void timeChanceAndThreadsComeInThroughConstructors() {
    PackageRules.timeChanceAndThreadsComeFromOutside("io.meru").check(CORE);
  }

  @Test
  void aUseOfAHigherPackageIsFound() {
    assertThat(
            PackageRules.violations(
                PackageRules.lowestFirst("io.meru.planted", List.of("row", "memtable")), PLANTED))
        .contains("io.meru.planted.row.Lower.upward()", "io.meru.planted.memtable.Upper");
    assertThat(
            PackageRules.violations(
                PackageRules.lowestFirst("io.meru.planted", List.of("memtable", "row")), PLANTED))
        .isEmpty();
  }

  @Test
  void aPackageThatIsNotListedIsFound() {
    assertThat(
            PackageRules.violations(
                PackageRules.lowestFirst("io.meru.planted", List.of("row")), PLANTED))
        .contains("io.meru.planted.memtable.Upper");
  }

  @Test
  void aClassThatReadsTheClockDrawsAnIdOrMakesAThreadIsFound() {
    assertThat(
            PackageRules.violations(
                PackageRules.timeChanceAndThreadsComeFromOutside("io.meru"), PLANTED))
        .contains("Upper.clock()", "Upper.id()", "Upper.thread()", "Upper.executor()")
        .doesNotContain("Upper.interrupt()");
  }
}
