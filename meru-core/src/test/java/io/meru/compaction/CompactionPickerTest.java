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

package io.meru.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.compaction.CompactionPicker.Pick;
import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.key.HashRange;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.Lineage;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Levels in, decision out. A file is written as {@code L<level> <name> <KB>}, with any of {@code
 * dead=<percent>}, {@code partition=<n>}, {@code hashes=<first>-<last>}, {@code unseen}, {@code
 * old-spec}, {@code foreign}, {@code sink=<id>} behind it.
 */
class CompactionPickerTest {
  private static final int SPEC = 3;
  private static final int ROWS = 100;

  @Test
  void filesOfALevelAreMergedIntoTheNextOne() {
    assertThat(pick("L0 a 10", "L0 b 10", "L0 c 10")).isEqualTo("nothing");
    assertThat(pick("L0 a 10", "L0 b 10", "L0 c 10", "L0 d 10")).isEqualTo("FILES a b c d into L1");
    assertThat(pick("L1 a 10", "L1 b 10", "L1 c 10", "L1 d 10")).isEqualTo("FILES a b c d into L2");
  }

  @Test
  void filesOfLowerLevelsGoAlong() {
    assertThat(pick("L1 a 10", "L1 b 10", "L1 c 10", "L1 d 10", "L0 e 1", "L2 f 100"))
        .isEqualTo("FILES a b c d e into L2");
  }

  @Test
  void theLowestLevelIsMergedFirst() {
    assertThat(
            pick(
                "L1 a 10", "L1 b 10", "L1 c 10", "L1 d 10", "L0 e 1", "L0 f 1", "L0 g 1", "L0 h 1"))
        .isEqualTo("FILES e f g h into L1");
  }

  @Test
  void filesOfHalfTheTargetsSizeAreMergedNoFurther() {
    assertThat(pick("L1 a 500", "L1 b 500", "L1 c 500", "L1 d 499")).isEqualTo("nothing");
    assertThat(pick("L1 a 499", "L1 b 499", "L1 c 499", "L1 d 499"))
        .isEqualTo("FILES a b c d into L2");
  }

  @Test
  void whatIsDeletedDoesNotCountAsSize() {
    assertThat(pick("L1 a 600 dead=25", "L1 b 600 dead=25", "L1 c 600 dead=25", "L1 d 600 dead=25"))
        .isEqualTo("FILES a b c d into L2");
  }

  @Test
  void filesWithTooManyDeletedRowsAreRewritten() {
    assertThat(pick("L1 a 900 dead=29", "L2 b 900 dead=30")).isEqualTo("DELETED_ROWS b into L2");
    assertThat(pick("L1 a 900 dead=31", "L2 b 900 dead=60", "L0 c 5 dead=40"))
        .isEqualTo("DELETED_ROWS a b c into L2");
    assertThat(pick("L0 a 40 dead=50")).isEqualTo("DELETED_ROWS a into L1");
  }

  @Test
  void aSmallFileIsNotRewrittenAloneForAFewDeletedRows() {
    // a reader pays for opening it: with fewer than 1,000 / 64 KB deleted, that stays as it is
    assertThat(pick("L0 a 5 dead=50")).isEqualTo("nothing");
    assertThat(pick("L0 a 31 dead=50")).isEqualTo("nothing");
    assertThat(pick("L0 a 32 dead=50")).isEqualTo("DELETED_ROWS a into L1");
  }

  @Test
  void norAreSomeForAFewBetweenThem() {
    assertThat(pick("L0 a 10 dead=50", "L0 b 10 dead=50", "L0 c 10 dead=50"))
        .as("15 KB")
        .isEqualTo("nothing");
    assertThat(pick("L0 a 10 dead=50", "L0 b 11 dead=50", "L0 c 11 dead=50"))
        .as("16 KB")
        .isEqualTo("DELETED_ROWS a b c into L1");
    assertThat(pick("L1 a 1 dead=50", "L2 b 1 dead=50", "L3 c 1 dead=50", "L4 d 1 dead=50"))
        .as("as many as are merged for their number")
        .isEqualTo("DELETED_ROWS a b c d into L4");
  }

  @Test
  void fewSmallFilesDoNotKeepLargeOnesFromTheirTurn() {
    assertThat(pick("L1 a 1 dead=90", "L1 b 1 dead=90", "L1 c 9000 dead=60"))
        .as("3,000 KB for one")
        .isEqualTo("DELETED_ROWS a b into L1");
    assertThat(pick("L1 c 9000 dead=60")).isEqualTo("DELETED_ROWS c into L1");
  }

  @Test
  void noMoreFilesAreOpenThanTheHeapIsMeantFor() {
    List<String> files = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      files.add("L0 %c 1".formatted((char) ('A' + i)));
    }
    Version version = version(files.toArray(String[]::new));
    assertThat(picker().pick(version, path -> false, path -> 0))
        .hasValueSatisfying(pick -> assertThat(pick.inputs()).as("4 MiB for each").hasSize(32));
    assertThat(picker(24L << 20).pick(version, path -> false, path -> 0))
        .hasValueSatisfying(pick -> assertThat(pick.inputs()).hasSize(6));
    assertThat(picker(15L << 20).pick(version, path -> false, path -> 0))
        .as("a file takes more than a quarter of it")
        .isEmpty();
  }

  @Test
  void filesOfLevelZeroComeBeforeDeletedRows() {
    assertThat(pick("L1 a 900 dead=90", "L0 b 1", "L0 c 1", "L0 d 1", "L0 e 1"))
        .isEqualTo("FILES b c d e into L1");
  }

  @Test
  void beyondLevelZeroWhatIsFurthestOverItsTriggerComesFirst() {
    List<String> four = List.of("L1 a 10", "L1 b 10", "L1 c 10", "L1 d 10");
    List<String> five = List.of("L1 a 10", "L1 b 10", "L1 c 10", "L1 d 10", "L1 e 10");
    assertThat(pick(four, "L2 y 900 dead=33")).isEqualTo("DELETED_ROWS y into L2");
    assertThat(pick(five, "L2 y 900 dead=33")).isEqualTo("FILES a b c d e into L2");
    assertThat(pick(five, "L2 y 900 dead=45")).isEqualTo("DELETED_ROWS y into L2");
    assertThat(pick(five, "L2 x 900 dead=33", "L2 y 900 dead=33", "L2 z 900 dead=33"))
        .as("however many bytes there are")
        .isEqualTo("FILES a b c d e into L2");
  }

  @Test
  void aLevelThatWaitsWinsAgainstAnyShareOfDeletedRows() {
    List<String> files = new ArrayList<>();
    for (char name = 'a'; name < 'a' + 14; name++) {
      files.add("L1 %c 10".formatted(name));
    }
    assertThat(pick(files, "L2 y 900 dead=99")).startsWith("FILES a b c");
  }

  @Test
  void oneCompactionTakesNoMoreThanItsLimit() {
    // 3,000 KB
    assertThat(
            pick(
                "L0 a 400",
                "L0 b 400",
                "L0 c 400",
                "L0 d 400",
                "L0 e 400",
                "L0 f 400",
                "L0 g 400",
                "L0 h 450"))
        .isEqualTo("FILES a b c d e f g into L1");
    assertThat(pick("L1 a 9000 dead=50", "L1 b 9000 dead=60", "L1 c 9000 dead=70"))
        .as("two files in any case, those with most to gain")
        .isEqualTo("DELETED_ROWS b c into L1");
  }

  @Test
  void partitionsAreMergedByThemselves() {
    assertThat(
            pick(
                "L0 a 1 partition=1",
                "L0 b 1 partition=2",
                "L0 c 1 partition=1",
                "L0 d 1 partition=2"))
        .isEqualTo("nothing");
    assertThat(
            pick(
                "L0 a 1 partition=1",
                "L0 b 1 partition=1",
                "L0 c 1 partition=1",
                "L0 d 1 partition=1",
                "L0 e 1 partition=2",
                "L0 f 1 partition=2",
                "L0 g 1 partition=2",
                "L0 h 1 partition=2",
                "L0 i 1 partition=2"))
        .as("the partition with most files first")
        .isEqualTo("FILES e f g h i into L1");
  }

  @Test
  void onlyFilesWithRowsOfTheWriterThatWereSeenCommittedAreTaken() {
    List<String> three = List.of("L0 a 1", "L0 b 1", "L0 c 1");
    for (String not :
        List.of(
            "L0 d 1 unseen",
            "L0 d 1 foreign",
            "L0 d 1 old-spec",
            "L0 d 1 sink=other",
            "L0 d 1 hashes=8000-8000")) {
      List<String> files = new ArrayList<>(three);
      files.add(not);
      assertThat(pick(files.toArray(String[]::new))).as(not).isEqualTo("nothing");
    }
    for (String hashes : List.of("0000-7fff", "7fff-8000", "0000-ffff")) {
      assertThat(pick("L0 a 1", "L0 b 1", "L0 c 1", "L0 d 1 hashes=" + hashes))
          .isEqualTo("FILES a b c d into L1");
    }
  }

  @Test
  void ofASharedFileTheWritersOwnRowsCount() {
    Version version = version("L1 a 900 dead=20 hashes=0000-ffff");
    assertThat(picker().pick(version, path -> false, path -> 20))
        .as("a fifth of everybody's rows")
        .isEmpty();
    assertThat(picker().pick(version, path -> false, path -> 0))
        .as("all of them own ones, which are half of the file's")
        .isPresent();
    assertThat(picker().pick(version, path -> false, path -> 10))
        .as("five of ten, and ten more, of fifty")
        .isPresent();
    assertThat(picker().pick(version, path -> false, path -> 12))
        .as("six of twelve, and eight more, of fifty")
        .isEmpty();
  }

  @Test
  void atRestSmallFilesAreMergedWhateverTheirNumber() {
    assertThat(pick("L0 a 40", "L2 b 499", "L1 c 900")).isEqualTo("nothing");
    assertThat(pickAtRest("L0 a 40", "L2 b 499", "L1 c 900")).isEqualTo("AT_REST a b into L2");
    assertThat(pickAtRest("L0 a 300", "L0 b 300")).isEqualTo("AT_REST a b into L1");
    assertThat(pickAtRest("L0 a 500", "L1 b 900", "L7 c 2000")).isEqualTo("nothing");
    assertThat(pickAtRest("L0 a 10")).as("nothing to merge it with").isEqualTo("nothing");
  }

  @Test
  void atRestFilesThatWouldStaySmallTogetherTakeTheSmallestOther() {
    assertThat(pickAtRest("L0 a 40", "L1 b 900", "L2 c 800")).isEqualTo("AT_REST a c into L2");
    assertThat(pickAtRest("L0 a 20", "L0 b 20", "L1 c 800")).isEqualTo("AT_REST a b c into L1");
    assertThat(pickAtRest("L0 a 250", "L0 b 250", "L1 c 800")).isEqualTo("AT_REST a b into L1");
    assertThat(pickAtRest("L0 a 40", "L1 b 800 hashes=0000-ffff"))
        .as("a shared one would leave its other rows behind")
        .isEqualTo("nothing");
  }

  @Test
  void atRestAFileGoesAlongWithATwentiethOfItsBytesUnlessTheRestIsLong() {
    List<String> alone = List.of("L0 a 30", "L1 b 800");
    assertThat(pickAtRest(Rests.SHORT, alone)).isEqualTo("nothing");
    assertThat(pickAtRest(Rests.LONG, alone)).isEqualTo("AT_REST a b into L1");
    List<String> three = List.of("L0 a 1", "L0 b 1", "L1 c 400");
    assertThat(pickAtRest(Rests.SHORT, three)).isEqualTo("AT_REST a b into L1");
    assertThat(pickAtRest(Rests.LONG, three)).isEqualTo("AT_REST a b c into L1");
    List<String> withDeleted = List.of("L0 a 1", "L1 b 900 dead=6", "L1 c 400");
    assertThat(pickAtRest(Rests.SHORT, withDeleted)).isEqualTo("AT_REST a b c into L1");
  }

  @Test
  void atRestFilesWithMoreThanAFewDeletedRowsAreRewritten() {
    assertThat(pick("L1 a 900 dead=6", "L2 b 900 dead=5")).isEqualTo("nothing");
    assertThat(pickAtRest("L1 a 900 dead=6", "L2 b 900 dead=5")).isEqualTo("AT_REST a into L1");
    assertThat(pickAtRest("L0 a 5 dead=6")).as("however small").isEqualTo("AT_REST a into L1");
    assertThat(pickAtRest("L0 a 5 dead=5")).isEqualTo("nothing");
  }

  @Test
  void atRestALargeSharedFileWaitsForAsManyDeletedRowsAsOtherwise() {
    assertThat(pickAtRest("L1 a 900 dead=29 hashes=0000-ffff")).isEqualTo("AT_REST a into L1");
    Version version = version("L1 a 900 dead=29 hashes=0000-ffff");
    assertThat(picker().pickAtRest(version, path -> false, path -> 29, Rests.LONG))
        .as("29 % of everybody's rows, and so of this writer's")
        .isEmpty();
    assertThat(pickAtRest("L1 a 900 dead=14 hashes=0000-ffff")).as("28 %").isEqualTo("nothing");
    assertThat(pickAtRest("L1 a 490 dead=14 hashes=0000-ffff"))
        .as("a small one is to end")
        .isEqualTo("AT_REST a into L1");
  }

  @Test
  void atRestAPartitionWithFilesThatWereNotSeenCommittedWaits() {
    List<String> files =
        List.of("L0 a 10", "L0 b 10", "L0 c 10 partition=1", "L0 d 10 partition=1");
    assertThat(pickAtRest(files, "L1 e 900 partition=1 unseen")).isEqualTo("AT_REST a b into L1");
    assertThat(pickAtRest(files, "L1 e 900 unseen")).isEqualTo("AT_REST c d into L1");
  }

  @Test
  void atRestOnlyPartitionsThatAreSoAndWhereMostIsToGain() {
    Version version =
        version(
            "L0 a 10",
            "L0 b 10",
            "L0 c 10 partition=1",
            "L0 d 10 partition=1",
            "L0 e 10 partition=1",
            "L0 f 10 partition=2",
            "L0 g 10 partition=2",
            "L0 h 10 partition=2",
            "L0 i 10 partition=2");
    Predicate<PartitionTuple> isRestless = partition -> partition.values().get(0).get(0) == 2;
    Rests rest = new Rests(isRestless.negate(), false, path -> false);
    assertThat(picker().pickAtRest(version, path -> false, path -> 0, rest))
        .hasValueSatisfying(pick -> assertThat(describe(pick)).isEqualTo("AT_REST c d e into L1"));
  }

  @Test
  void atRestWhatAMergeBroughtNothingForIsNotMergedAgainAlone() {
    Rests rest = new Rests(partition -> true, true, path -> !path.startsWith("c/"));
    List<String> two = List.of("L1 a 10", "L1 b 1400");
    assertThat(pickAtRest(Rests.LONG, two)).isEqualTo("AT_REST a b into L1");
    assertThat(pickAtRest(rest, two)).isEqualTo("nothing");
    assertThat(pickAtRest(rest, List.of("L1 a 10", "L1 b 1400", "L0 c 10")))
        .isEqualTo("AT_REST a b c into L1");
    assertThat(pickAtRest(rest, List.of("L1 a 400", "L1 b 499", "L1 d 2700 dead=6")))
        .as("has its turn though there are smaller ones")
        .isEqualTo("AT_REST a d into L1");
  }

  @Test
  void atRestFilesMuchSmallerThanOthersAreMergedByThemselvesAndKeepNoneFromItsTurn() {
    assertThat(pickAtRest("L0 a 1", "L1 b 300", "L1 c 300", "L1 d 900"))
        .isEqualTo("AT_REST b c into L1");
    assertThat(pickAtRest("L0 a 1", "L0 e 2", "L1 b 100", "L1 c 100"))
        .isEqualTo("AT_REST a e into L1");
    assertThat(pickAtRest("L0 a 1 dead=6", "L1 b 100", "L1 c 100")).isEqualTo("AT_REST a into L1");
    assertThat(pickAtRest("L0 a 1", "L1 b 100", "L1 d 900"))
        .as("the one that is nearest to it")
        .isEqualTo("AT_REST b d into L1");
    assertThat(pickAtRest("L0 a 1", "L1 b 40", "L1 d 900")).isEqualTo("nothing");
  }

  @Test
  void atRestAFileThatIsTooLargeIsTakenForItsDeletedRowsAlone() {
    assertThat(pickAtRest(Rests.LONG, List.of("L0 a 1", "L1 b 2001"))).isEqualTo("nothing");
    assertThat(pickAtRest(Rests.LONG, List.of("L0 a 1", "L1 b 2000")))
        .isEqualTo("AT_REST a b into L1");
    assertThat(pickAtRest("L1 a 9000 dead=6", "L1 b 9000 dead=7"))
        .as("one at a time, that with most to gain first")
        .isEqualTo("AT_REST b into L1");
  }

  @Test
  void outputsAreSettledWhenNoRowWasDroppedAndNoFewerSmallFilesAreLeft() {
    List<TableFile> small = List.of(file("L1 x 10").file());
    List<TableFile> both = List.of(file("L1 x 10").file(), file("L1 y 900").file());
    List<LiveFile> one = List.of(file("L0 a 20"), file("L1 b 900"));
    List<LiveFile> two = List.of(file("L0 a 20"), file("L1 b 20"));
    List<LiveFile> dead = List.of(file("L0 a 20 dead=1"), file("L1 b 900"));
    assertThat(picker().areSettled(both, one, path -> false)).isTrue();
    assertThat(picker().areSettled(small, two, path -> false)).isFalse();
    assertThat(picker().areSettled(small, two, path -> path.startsWith("b/"))).isTrue();
    assertThat(picker().areSettled(both, dead, path -> false)).isFalse();
  }

  /** Random tables at rest, and merges whose outputs are larger or smaller than was expected. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void atRestNothingIsMergedForEver(long seed) {
    Random random = new Random(seed);
    for (int table = 0; table < 200; table++) {
      CompactionPicker picker = picker(random.nextInt(4) == 0 ? 16L << 20 : 128L << 20);
      List<LiveFile> files = new ArrayList<>();
      int names = 0;
      for (int i = random.nextInt(30); i >= 0; i--) {
        files.add(randomFile(random, names++, random.nextBoolean() ? random.nextInt(20) : 0));
      }
      Set<String> settled = new HashSet<>();
      Set<String> emptied = new HashSet<>();
      Rests rest = new Rests(partition -> true, random.nextBoolean(), settled::contains);
      int merges = 0;
      Optional<Pick> pick = pickAtRest(picker, files, emptied, rest);
      while (pick.isPresent()) {
        List<LiveFile> inputs = pick.get().inputs();
        List<LiveFile> outputs = new ArrayList<>();
        for (int i = random.nextInt(inputs.size() + 1); i >= 0; i--) {
          outputs.add(randomFile(random, names++, 0));
        }
        List<TableFile> added = outputs.stream().map(LiveFile::file).toList();
        if (picker.areSettled(added, inputs, settled::contains)) {
          added.forEach(file -> settled.add(file.path()));
        }
        for (LiveFile input : inputs) {
          if (isShared(input)) {
            emptied.add(input.file().path());
          } else {
            files.remove(input);
          }
        }
        files.addAll(outputs);
        merges++;
        assertThat(merges).as("merges of table %d", table).isLessThan(200);
        pick = pickAtRest(picker, files, emptied, rest);
      }
      files.removeIf(CompactionPickerTest::isShared);
      assertThat(files.stream().filter(live -> live.deleted().cardinality() > 5)).isEmpty();
      assertThat(apart(files, settled)).as("small files like each other").isEmpty();
    }
  }

  /** Pairs of small files that are new and like each other in size. */
  private static List<String> apart(List<LiveFile> files, Set<String> settled) {
    List<TableFile> small =
        files.stream()
            .map(LiveFile::file)
            .filter(file -> file.fileSizeBytes() < 500 << 10 && !settled.contains(file.path()))
            .sorted(Comparator.comparingLong(TableFile::fileSizeBytes))
            .toList();
    return IntStream.range(1, small.size())
        .filter(i -> small.get(i).fileSizeBytes() / 20 <= small.get(i - 1).fileSizeBytes())
        .mapToObj(i -> small.get(i - 1) + " and " + small.get(i))
        .toList();
  }

  /** From 1 KB to 500 KB, files grow twentyfold three times. */
  @Test
  void atRestWhatIsRewrittenIsInProportionToWhatIsNew() {
    CompactionPicker picker = picker();
    List<LiveFile> files = new ArrayList<>(List.of(file("L1 a 900"), file("L1 b 400")));
    long added = 0;
    long rewritten = 0;
    for (int name = 0; name < 500; name++) {
      LiveFile fresh = sized(file("L0 a 1"), name, 1 << 10);
      files.add(fresh);
      added += 1 << 10;
      Optional<Pick> pick = pickAtRest(picker, files, Set.of(), Rests.SHORT);
      while (pick.isPresent()) {
        List<LiveFile> inputs = pick.get().inputs();
        long bytes = inputs.stream().mapToLong(live -> live.file().fileSizeBytes()).sum();
        rewritten += bytes;
        files.removeAll(inputs);
        files.add(sized(file("L1 a 1"), 1_000 + name, bytes));
        pick = pickAtRest(picker, files, Set.of(), Rests.SHORT);
      }
    }
    assertThat(files).as("they are merged").hasSizeLessThan(6);
    assertThat(rewritten).isBetween(added, 3 * 20 * added);
  }

  private static boolean isShared(LiveFile live) {
    return !live.file().isOwnedBy(new HashRange(0, 0x8000));
  }

  private static Optional<Pick> pickAtRest(
      CompactionPicker picker, List<LiveFile> files, Set<String> excluded, Rests rest) {
    return picker.pickAtRest(Version.of(1, files), excluded::contains, path -> 0, rest);
  }

  private static LiveFile randomFile(Random random, int name, int dead) {
    return sized(
        file(
            "L%d a 1 dead=%d hashes=0000-%s"
                .formatted(random.nextInt(4), dead, random.nextInt(8) == 0 ? "ffff" : "7fff")),
        name,
        1 + random.nextInt(1_500 << 10));
  }

  private static LiveFile sized(LiveFile live, int name, long bytes) {
    TableFile file = live.file();
    return new LiveFile(
        new TableFile(
            name + file.path(),
            bytes,
            file.recordCount(),
            file.partition(),
            file.levelName(),
            file.minPrefix(),
            file.maxPrefix()),
        live.deleted(),
        live.lineage());
  }

  /** What a picker is told. */
  private record Rests(Predicate<PartitionTuple> atRest, boolean isLong, Predicate<String> settled)
      implements CompactionPicker.Rest {
    static final Rests SHORT = new Rests(partition -> true, false, path -> false);
    static final Rests LONG = new Rests(partition -> true, true, path -> false);

    @Override
    public boolean isAtRest(PartitionTuple partition) {
      return atRest.test(partition);
    }

    @Override
    public boolean isAtLongRest(PartitionTuple partition) {
      return isLong && isAtRest(partition);
    }

    @Override
    public boolean isSettled(String path) {
      return settled.test(path);
    }
  }

  @Test
  void excludedFilesStay() {
    Version version = version("L0 a 1", "L0 b 1", "L0 c 1", "L0 d 1", "L0 e 1");
    Set<String> excluded =
        version.files().stream()
            .map(live -> live.file().path())
            .filter(path -> path.startsWith("b/"))
            .collect(Collectors.toSet());
    assertThat(describe(picker().pick(version, excluded::contains, path -> 0).orElseThrow()))
        .isEqualTo("FILES a c d e into L1");
  }

  @Test
  void levelZeroIsCountedByPartition() {
    Version version =
        version("L0 a 1 partition=1", "L0 b 1 partition=1", "L0 c 1 partition=2", "L1 d 1");
    assertThat(picker().levelZeroFiles(version, path -> false, path -> 0)).isEqualTo(2);
  }

  @Test
  void filesThatNoMergeTakesDoNotCountAsLevelZero() {
    Version version =
        version(
            "L0 a 1",
            "L0 b 1",
            "L0 c 500",
            "L0 d 500 dead=30",
            "L0 e 1 unseen",
            "L0 f 1 foreign",
            "L0 g 1 old-spec",
            "L0 h 1 sink=other",
            "L0 i 1 hashes=8000-ffff",
            "L0 j 1 dead=100");
    assertThat(picker().levelZeroFiles(version, path -> false, path -> 0)).isEqualTo(3);
    assertThat(picker().levelZeroFiles(version, path -> path.startsWith("b/"), path -> 0))
        .isEqualTo(2);
  }

  private static String pick(List<String> files, String... more) {
    return pick(Stream.concat(files.stream(), Stream.of(more)).toArray(String[]::new));
  }

  private static String pick(String... files) {
    return picker()
        .pick(version(files), path -> false, path -> 0)
        .map(CompactionPickerTest::describe)
        .orElse("nothing");
  }

  private static String pickAtRest(List<String> files, String... more) {
    return pickAtRest(Rests.SHORT, Stream.concat(files.stream(), Stream.of(more)).toList());
  }

  private static String pickAtRest(String... files) {
    return pickAtRest(Rests.SHORT, List.of(files));
  }

  private static String pickAtRest(Rests rest, List<String> files) {
    return picker()
        .pickAtRest(version(files.toArray(String[]::new)), path -> false, path -> 0, rest)
        .map(CompactionPickerTest::describe)
        .orElse("nothing");
  }

  /** Of the lower half of the hashes. */
  private static CompactionPicker picker() {
    return picker(128L << 20);
  }

  private static CompactionPicker picker(long openBytes) {
    CompactionOptions options =
        new CompactionOptions(
            true,
            4,
            0.3,
            1000 << 10,
            3000 << 10,
            20,
            36,
            60_000,
            0,
            0,
            LevelOptions.DEEPER_DEFAULTS);
    return new CompactionPicker(options, new HashRange(0, 0x8000), "sink", SPEC, openBytes);
  }

  private static String describe(Pick pick) {
    String names =
        pick.inputs().stream()
            .map(live -> live.file().path().substring(0, live.file().path().indexOf('/')))
            .sorted()
            .collect(Collectors.joining(" "));
    return "%s %s into L%d".formatted(pick.reason(), names, pick.level());
  }

  private static Version version(String... files) {
    return Version.of(1, Arrays.stream(files).map(CompactionPickerTest::file).toList());
  }

  private static LiveFile file(String text) {
    String[] words = text.split(" ");
    int level = Integer.parseInt(words[0].substring(1));
    int deleted = 0;
    int partition = 0;
    int spec = SPEC;
    HashRange hashes = new HashRange(0, 0x8000);
    String sink = "sink";
    boolean foreign = false;
    Lineage lineage = new Lineage(1000, 7);
    for (String word : Arrays.copyOfRange(words, 3, words.length)) {
      String value = word.substring(word.indexOf('=') + 1);
      switch (word.split("=")[0]) {
        case "dead" -> deleted = Integer.parseInt(value);
        case "partition" -> partition = Integer.parseInt(value);
        case "sink" -> sink = value;
        case "unseen" -> lineage = Lineage.UNSEEN;
        case "foreign" -> foreign = true;
        case "old-spec" -> spec = SPEC - 1;
        case "hashes" ->
            hashes =
                new HashRange(
                    Integer.parseInt(value.substring(0, 4), 16),
                    Integer.parseInt(value.substring(5), 16) + 1);
        default -> throw new IllegalArgumentException(word);
      }
    }
    LevelFileName name =
        new LevelFileName(
            level, hashes, "0123abcd", sink, "%032x".formatted(words[1].charAt(0) - 'a'));
    DeletionVector.Builder dead = new DeletionVector.Builder();
    for (int i = 0; i < deleted; i++) {
      dead.add(i);
    }
    return new LiveFile(
        new TableFile(
            words[1] + "/" + name.format(),
            Long.parseLong(words[2]) << 10,
            ROWS,
            new PartitionTuple(
                spec, Collections.singletonList(ByteBuffer.wrap(new byte[] {(byte) partition}))),
            foreign ? null : name,
            0,
            -1),
        dead.build(),
        lineage);
  }
}
