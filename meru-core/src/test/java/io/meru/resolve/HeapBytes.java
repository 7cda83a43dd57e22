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

package io.meru.resolve;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Heap bytes of an object and all it refers to, with compressed references. */
final class HeapBytes {
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private HeapBytes() {}

  static long of(Object object) {
    try {
      return new HeapBytes().add(object);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private long add(Object object) throws IllegalAccessException {
    if (object == null || !seen.add(object)) {
      return 0;
    }
    Class<?> type = object.getClass();
    if (type.isArray()) {
      if (!type.getComponentType().isPrimitive()) {
        throw new AssertionError("array of objects in an index");
      }
      return aligned(16 + (long) Array.getLength(object) * size(type.getComponentType()));
    }
    long bytes = 12;
    long others = 0;
    for (Field field : type.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        field.setAccessible(true);
        bytes += size(field.getType());
        others += field.getType().isPrimitive() ? 0 : add(field.get(object));
      }
    }
    return aligned(bytes) + others;
  }

  private static long aligned(long bytes) {
    return bytes + 7 & ~7L;
  }

  private static int size(Class<?> type) {
    if (type == long.class || type == double.class) {
      return 8;
    }
    if (type == byte.class || type == boolean.class) {
      return 1;
    }
    return type == short.class || type == char.class ? 2 : 4;
  }
}
