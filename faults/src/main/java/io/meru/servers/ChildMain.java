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

package io.meru.servers;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * The main class of each JVM that the harness starts: runs another one, and ends with the harness.
 */
public final class ChildMain {
  private ChildMain() {}

  /** Arguments: the main class, then its arguments. Standard input ends when the harness does. */
  public static void main(String[] args) throws Exception {
    Thread watch = new Thread(ChildMain::haltAtEndOfInput, "harness-watch");
    watch.setDaemon(true);
    watch.start();
    Class.forName(args[0])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
  }

  private static void haltAtEndOfInput() {
    try {
      System.in.transferTo(OutputStream.nullOutputStream()); // nothing is ever sent
    } catch (IOException e) {
      // the harness is gone
    }
    Runtime.getRuntime().halt(1);
  }
}
