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

package io.meru.faults;

import java.io.IOException;
import java.time.Duration;

/** What a catalog, or what lies before it, may do to a commit. */
enum CommitFault {
  /** The answer is an error; nothing was carried out. */
  ERROR_INSTEAD(commit -> commit.answerError()),
  /** The answer is an error; the commit was carried out. */
  ERROR_AFTER(
      commit -> {
        commit.carryOut();
        commit.answerError();
      }),
  /** The answer is an error; the commit is carried out after it. */
  ERROR_BEFORE(
      commit -> {
        commit.answerError();
        commit.pause();
        commit.carryOut();
      }),
  /** The connection ends without an answer; nothing was carried out. */
  CLOSED_INSTEAD(commit -> commit.hangUp()),
  /** The connection ends without an answer; the commit was carried out. */
  CLOSED_AFTER(
      commit -> {
        commit.carryOut();
        commit.hangUp();
      }),
  /** A gateway sends the commit twice, and hands on the second answer: a conflict. */
  REPEATED(
      commit -> {
        commit.carryOut();
        commit.answer(commit.carryOut());
      }),
  /** The commit waits before it is carried out. */
  SLOW(
      commit -> {
        commit.pause();
        commit.answer(commit.carryOut());
      }),
  /** The commit is carried out, and its answer waits. */
  SLOW_ANSWER(
      commit -> {
        CatalogProxy.Answer answer = commit.carryOut();
        commit.pause();
        commit.answer(answer);
      });

  private final Treatment treatment;

  CommitFault(Treatment treatment) {
    this.treatment = treatment;
  }

  /** Does it to {@code commit}. */
  void treat(Commit commit) throws IOException, InterruptedException {
    treatment.treat(commit);
  }

  private interface Treatment {
    void treat(Commit commit) throws IOException, InterruptedException;
  }

  /**
   * How it is done this time.
   *
   * @param errorCode the HTTP status of an error
   * @param pause how long a slow one waits
   */
  record Manner(CommitFault fault, int errorCode, Duration pause) {}

  /** A commit on its way to the catalog. */
  interface Commit {
    /** Has the catalog carry it out. */
    CatalogProxy.Answer carryOut() throws IOException, InterruptedException;

    void pause() throws InterruptedException;

    void answer(CatalogProxy.Answer answer) throws IOException;

    void answerError() throws IOException;

    /** Ends the connection. */
    void hangUp();
  }
}
