const HASH_FACTOR = 31;
const TABLE_START = 16;
const TABLE_LOAD = 0.75;

/** Items in the order in which a HashMap of Java that holds them gives them: some of Kafka's commands print in such an order. */
export function hashOrder<T>(items: readonly T[], hashOf: (item: T) => number): T[] {
  let size = TABLE_START;
  while (items.length > size * TABLE_LOAD) size *= 2;
  const bucketOf = (item: T): number => {
    const hash = hashOf(item);
    return (hash ^ (hash >>> 16)) & (size - 1);
  };
  return items.toSorted((a, b) => bucketOf(a) - bucketOf(b));
}

/** As TopicPartition.hashCode. */
export function partitionHash({ topic, partition }: { readonly topic: string; readonly partition: number }): number {
  return (Math.imul(HASH_FACTOR, HASH_FACTOR + partition) + stringHash(topic)) | 0;
}

/** As String.hashCode. */
export function stringHash(text: string): number {
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

/** A number as Double.toString gives it. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

const FLOAT_DIGITS_MAX = 9;

/** A number of 32 bits as Float.toString gives it: no more digits than tell it from its neighbours. */
export function javaFloat(value: number): string {
  for (let digits = 1; digits < FLOAT_DIGITS_MAX; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return javaDouble(shorter);
  }
  return javaDouble(Number(value.toPrecision(FLOAT_DIGITS_MAX)));
}
