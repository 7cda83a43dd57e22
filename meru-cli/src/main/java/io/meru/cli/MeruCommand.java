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

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
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
        new FileOutputStream(FileDescriptor.out),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        args);
  }

  /**
   * A writer of text does not throw: what could not be written has to be asked for. A reader that
   * has seen enough, such as {@code head}, is no failure.
   */
  static int run(OutputStream stream, PrintWriter err, String... args) {
    Output output = new Output(stream);
    PrintWriter out = new PrintWriter(output, true, StandardCharsets.UTF_8);
    int status = commandLine(Clock.systemUTC()).setOut(out).setErr(err).execute(args);
    out.flush();
    if (output.failure != null && !"Broken pipe".equals(output.failure.getMessage())) {
      err.println("meru: the output could not be written: " + message(output.failure));
      return FAILED;
    }
    return status;
  }

  /** Remembers why it could not write. */
  private static final class Output extends FilterOutputStream {
    private @Nullable IOException failure;

    Output(OutputStream stream) {
      super(stream);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }
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
