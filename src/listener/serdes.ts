import {
  bytes,
  float64,
  int32,
  int64,
  json,
  KafkaError,
  string,
  uuid,
  type Serde,
  type SerdeContext,
} from '../client/index.ts';
import { nearestNames } from '../config/nearest.ts';

/** Text, and nothing else: what Spring's templates and listeners use unless told otherwise. */
const text: Serde<unknown> = {
  serialize(value, context) {
    if (value === null || value === undefined || typeof value === 'string')
      return string.serialize(value ?? null, context);
    const remedy = `set spring.kafka.producer.${context.isKey ? 'key' : 'value'}-serializer: json, or give text`;
    throw new KafkaError('SERIALIZATION', `the ${nameOf(context)} is ${kindOf(value)}, and no text: ${remedy}`);
  },
  deserialize: (value, context) => string.deserialize(value, context),
};

/** By our names and, so that a file written for Spring can stay, by the names of Java's classes without package. */
const SERDES: Readonly<Record<string, Serde<unknown>>> = {
  string: text,
  json: json(),
  bytes: bytes,
  int32: int32,
  int64: int64,
  float64: float64,
  uuid: uuid,
};
const JAVA_CLASSES: Readonly<Record<string, string>> = {
  string: 'string',
  json: 'json',
  jacksonjson: 'json',
  bytearray: 'bytes',
  bytes: 'bytes',
  integer: 'int32',
  long: 'int64',
  double: 'float64',
  uuid: 'uuid',
};

/** What stands for a serializer or deserializer in a file; a text that says what there is, when it is not known. */
export function serdeNamed(name: string): Serde<unknown> | string {
  const java = /(?:^|\.)(\w+?)(?:Des|S)erializer$/.exec(name)?.[1]?.toLowerCase();
  const own = java === undefined ? name.toLowerCase() : JAVA_CLASSES[java];
  if (own !== undefined && Object.hasOwn(SERDES, own)) return SERDES[own]!;
  const near = nearestNames(name, Object.keys(SERDES), 1);
  const hint = near.length === 0 ? '' : `; did you mean ${near[0]}?`;
  return `there are ${Object.keys(SERDES).join(', ')}, the classes of Java of those names, and your own in code${hint}`;
}

export function defaultSerde(): Serde<unknown> {
  return text;
}

function nameOf({ topic, isKey }: SerdeContext): string {
  return `${isKey ? 'key' : 'value'} of a record of ${topic}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
