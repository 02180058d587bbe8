const HASH_FACTOR = 31;
const TABLE_START = 16;
const TABLE_LOAD = 0.75;

/** Texts in the order in which a HashMap of Java that holds them gives them: what Kafka's commands print by such an order. */
export function hashOrder<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  let size = TABLE_START;
  while (items.length > size * TABLE_LOAD) size *= 2;
  const bucketOf = (item: T): number => {
    const hash = stringHash(keyOf(item));
    return (hash ^ (hash >>> 16)) & (size - 1);
  };
  return items.toSorted((a, b) => bucketOf(a) - bucketOf(b));
}

function stringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, HASH_FACTOR) + text.charCodeAt(index)) | 0;
  return hash;
}

/** A list as Java prints it. */
export function javaList(items: readonly (string | number)[]): string {
  return `[${items.join(', ')}]`;
}

/** The number of a text as Integer.parseInt reads it; throws its message. */
export function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`For input string: "${text}"`);
  return Number(text);
}
