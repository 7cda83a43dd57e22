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

package io.meru.testing;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.util.List;
import java.util.Set;
import java.util.Timer;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;

/** Rules on which packages may use what, checked on byte code. */
public final class PackageRules {
  private static final Set<String> READS_OF_TIME_OR_CHANCE =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.lang.System.nanoTime",
          "java.lang.Math.random",
          "java.time.Instant.now",
          "java.time.LocalDateTime.now",
          "java.time.OffsetDateTime.now",
          "java.time.ZonedDateTime.now",
          "java.time.LocalDate.now",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone",
          UUID.class.getName() + ".randomUUID",
          "java.util.concurrent.ThreadLocalRandom.current");

  private static final Set<String> MAKERS_OF_THREADS =
      Set.of(Thread.class.getName(), Timer.class.getName(), ForkJoinPool.class.getName());

  private PackageRules() {}

  /**
   * Each package below {@code root} may use the packages listed before it and none listed after it,
   * and there is no package that is not listed. {@code root} itself, where the parts are put
   * together, may use all of them and none may use it.
   */
  public static ArchRule lowestFirst(String root, List<String> packages) {
    CompositeArchRule rule = CompositeArchRule.of(everyClassLiesIn(root, packages));
    for (int i = 0; i < packages.size(); i++) {
      String[] later = withRoot(root, packages.subList(i + 1, packages.size()));
      rule =
          rule.and(
              noClasses()
                  .that()
                  .resideInAPackage(within(root, packages.get(i)))
                  .should()
                  .dependOnClassesThat()
                  .resideInAnyPackage(later)
                  .allowEmptyShould(true));
    }
    return rule;
  }

  /**
   * Clocks, ids and executors come in through constructors, so that a seed replays a run: no class
   * reads the time, draws a number or makes a thread, but for those of {@code root}, where the
   * parts are put together.
   */
  public static ArchRule timeChanceAndThreadsComeFromOutside(String root) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(root)
        .should()
        .accessTargetWhere(
            describe("it reads time or chance, or makes a thread", PackageRules::isBanned))
        .because("clocks, ids and executors come in through constructors");
  }

  private static ArchRule everyClassLiesIn(String root, List<String> packages) {
    return classes()
        .that()
        .resideInAPackage(root + "..")
        .should(be(resideInAnyPackage(withRoot(root, packages))));
  }

  private static String[] withRoot(String root, List<String> packages) {
    return Stream.concat(Stream.of(root), packages.stream().map(name -> within(root, name)))
        .toArray(String[]::new);
  }

  private static String within(String root, String name) {
    return root + "." + name + "..";
  }

  private static boolean isBanned(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getName();
    String member = access.getTarget().getName();
    return READS_OF_TIME_OR_CHANCE.contains(owner + "." + member)
        || owner.equals(Executors.class.getName())
        || (MAKERS_OF_THREADS.contains(owner) && member.equals("<init>"));
  }

  /** The violations of {@code rule} in {@code classes}, as text. */
  public static String violations(ArchRule rule, JavaClasses classes) {
    return String.join("\n", rule.evaluate(classes).getFailureReport().getDetails());
  }
}
