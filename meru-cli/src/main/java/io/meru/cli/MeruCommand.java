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

package io.meru.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code meru}: alone it says what it can do. */
@Command(
    name = "meru",
    description = "Looks at tables that Meru writes, and takes care of them.",
    mixinStandardHelpOptions = true,
    versionProvider = MeruCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {CommandLine.HelpCommand.class})
public final class MeruCommand implements Callable<Integer> {
  /** Exit status: the command did what it was asked for, and found nothing wrong. */
  static final int OK = 0;

  /** Exit status of verify: it found something. */
  static final int FOUND = 1;

  /** Exit status: wrong use, or the command could not be carried out. */
  static final int FAILED = 2;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "Missing command");
    }
    return FAILED;
  }

  /** Runs the command on standard output and returns its exit status. */
  public static int run(String[] args) {
    return run(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        args);
  }

  /** A writer of text does not throw: what it could not write has to be asked for. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    int status = commandLine(Clock.systemUTC()).setOut(out).setErr(err).execute(args);
    if (out.checkError()) {
      err.println("meru: the output could not be written, all of it or a part; is the disk full?");
      return FAILED;
    }
    return status;
  }

  /** The command with its subcommands. */
  static CommandLine commandLine(Clock clock) {
    return new CommandLine(new MeruCommand())
        .addSubcommand(new InspectCommand())
        .addSubcommand(new KeyCommand())
        .addSubcommand(new VerifyCommand())
        .addSubcommand(new CompactCommand(clock, System::nanoTime, UUID::randomUUID))
        .addSubcommand(new ExpireCommand(clock))
        .addSubcommand(new RemoveOrphansCommand(clock))
        .addSubcommand(new RewriteDeletesCommand(UUID::randomUUID))
        .setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler(MeruCommand::fail);
  }

  /** Prints what went wrong, not where in the code. */
  private static int fail(
      Exception failure, CommandLine command, CommandLine.ParseResult arguments) {
    PrintWriter err = command.getErr();
    String said = message(failure);
    err.println("meru: " + said);
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (!said.contains(message(cause))) {
        said = message(cause);
        err.println("  because: " + said);
      }
    }
    return FAILED;
  }

  private static String message(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank() ? failure.getClass().getName() : message;
  }

  /** The version in the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = MeruCommand.class.getPackage().getImplementationVersion();
      return new String[] {"meru " + (version == null ? "(unknown version)" : version)};
    }
  }
}
