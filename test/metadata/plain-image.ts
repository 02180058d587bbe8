import { PersistentMap } from '../../src/base/persistent-map.ts';
import type { ClusterImage } from '../../src/metadata/cluster-image.ts';

/** An image as plain objects, to be compared with another. */
export function plainImage(image: ClusterImage): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(image)) plain[name] = plainOf(value);
  return plain;
}

function plainOf(value: unknown): unknown {
  if (value instanceof PersistentMap) {
    return Object.fromEntries([...value.entries()].map(([key, each]) => [key, plainOf(each)]));
  }
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [String(key), plainOf(each)]));
  // Names that collide are a set.
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.toSorted();
  return value;
}
