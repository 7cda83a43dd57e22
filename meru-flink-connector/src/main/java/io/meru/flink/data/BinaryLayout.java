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

package io.meru.flink.data;

import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Tells which types look alike in Flink's binary format. Bytes of one type read as those of another
 * give values that nobody wrote, and no error.
 */
public final class BinaryLayout {
  private BinaryLayout() {}

  /**
   * Checks that rows of {@code stream} may be read as rows of {@code expected}: by position, not by
   * name. Nullability and the lengths of strings do not count.
   *
   * @throws IllegalArgumentException naming table and column if they may not
   */
  public static void check(String tableName, RowType stream, RowType expected) {
    if (stream.getFieldCount() != expected.getFieldCount()) {
      throw mismatch(
          tableName,
          stream,
          expected,
          "the stream has %d columns and the sink expects %d"
              .formatted(stream.getFieldCount(), expected.getFieldCount()));
    }
    for (int i = 0; i < stream.getFieldCount(); i++) {
      if (!isAlike(stream.getTypeAt(i), expected.getTypeAt(i))) {
        throw mismatch(
            tableName,
            stream,
            expected,
            "column %d is '%s' of type %s in the stream, and the sink expects '%s' of type %s there"
                .formatted(
                    i + 1,
                    stream.getFieldNames().get(i),
                    stream.getTypeAt(i).asSummaryString(),
                    expected.getFieldNames().get(i),
                    expected.getTypeAt(i).asSummaryString()));
      }
    }
  }

  private static IllegalArgumentException mismatch(
      String tableName, RowType stream, RowType expected, String what) {
    return new IllegalArgumentException(
        ("Cannot write rows of type %s to table %s as %s: %s. Give the sink the stream's own type,"
                + " MeruSink.forRowData(rowType), or cast and order the stream's columns.")
            .formatted(stream.asSummaryString(), tableName, expected.asSummaryString(), what));
  }

  private static boolean isAlike(LogicalType left, LogicalType right) {
    if (form(left) != form(right)) {
      return false;
    }
    return switch (left.getTypeRoot()) {
      case DECIMAL ->
          LogicalTypeChecks.getPrecision(left) == LogicalTypeChecks.getPrecision(right)
              && LogicalTypeChecks.getScale(left) == LogicalTypeChecks.getScale(right);
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          LogicalTypeChecks.getPrecision(left) == LogicalTypeChecks.getPrecision(right);
      default -> isAlike(left.getChildren(), right.getChildren());
    };
  }

  private static boolean isAlike(List<LogicalType> left, List<LogicalType> right) {
    if (left.size() != right.size()) {
      return false;
    }
    for (int i = 0; i < left.size(); i++) {
      if (!isAlike(left.get(i), right.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The root of a type, one for those whose bytes are alike. */
  private static LogicalTypeRoot form(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case CHAR -> LogicalTypeRoot.VARCHAR;
      case BINARY -> LogicalTypeRoot.VARBINARY;
      case STRUCTURED_TYPE -> LogicalTypeRoot.ROW;
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE;
      default -> type.getTypeRoot();
    };
  }
}
