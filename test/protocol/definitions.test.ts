import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { defaultOf } from '../../src/protocol/layout.ts';
import type { AnyField, Fields, Kind } from '../../src/protocol/schema.ts';
import { INT64_MAX } from '../../src/protocol/schema.ts';
import { parseVersions, type Versions } from '../../src/protocol/version-range.ts';
import { apis, messageNamed, messages, records } from './declared-messages.ts';
import { type KafkaDefinition, kafkaDefinitions, type KafkaField } from './kafka-definitions.ts';
import { reasonOf } from './kafka-jars.ts';

/**
 * Holds every declaration against Kafka's own definition of the same message: the fields and their order, types, version
 * ranges, nullability, defaults, tags. The definitions come out of Kafka's jars, fetched with Maven.
 */
let definitions: Map<string, KafkaDefinition> | undefined;
let missing: string | undefined;
try {
  definitions = kafkaDefinitions();
} catch (error) {
  missing = reasonOf(error);
  console.error(`NOT RUN: the declarations were not compared with Kafka's definitions (${missing})`);
}
const skip = missing === undefined ? false : `Kafka's jars could not be fetched: ${missing}`;

interface Place {
  readonly path: string;
  readonly within: Versions;
  readonly definition: KafkaDefinition;
}

test("every message is as Kafka's definition of it", { skip }, () => {
  const faults: string[] = [];
  for (const message of messages) {
    const definition = definitions!.get(message.name);
    if (definition === undefined) {
      faults.push(`${message.name}: Kafka has no such message`);
      continue;
    }
    check(faults, `${message.name} versions`, message.versions, definition.validVersions);
    check(faults, `${message.name} flexible versions`, message.flexible, definition.flexibleVersions);
    const within = parseVersions(definition.validVersions);
    compareFields(faults, message.fields, definition.fields, { path: message.name, within, definition });
  }
  assert.deepEqual(faults, []);
});

test('API keys and record types are those of Kafka', { skip }, () => {
  for (const api of apis) {
    assert.equal(definitions!.get(api.request.name)?.apiKey, api.key, api.request.name);
    assert.equal(definitions!.get(api.response.name)?.apiKey, api.key, api.response.name);
  }
  for (const record of records) assert.equal(definitions!.get(record.name)?.apiKey, record.recordType, record.name);
});

test('every request that Kafka has is declared, but for those between quorum members', { skip }, () => {
  const left = [...definitions!.values()]
    .filter(({ type, name }) => (type === 'request' || type === 'response') && messageNamed(name) === undefined)
    .map(({ apiKey }) => apiKey!);
  // Vote, BeginQuorumEpoch, EndQuorumEpoch, FetchSnapshot, ControllerRegistration, UpdateRaftVoter.
  assert.deepEqual(
    [...new Set(left)].toSorted((a, b) => a - b),
    [52, 53, 54, 59, 70, 82],
  );
});

test('every record of the coordinators is declared', { skip }, () => {
  const kinds = new Set(['coordinator-key', 'coordinator-value']);
  const left = [...definitions!.values()].filter(
    ({ type, name }) => kinds.has(type) && messageNamed(name) === undefined,
  );
  assert.deepEqual(
    left.map(({ name }) => name),
    [],
  );
});

function compareFields(faults: string[], ours: Fields, theirs: readonly KafkaField[], place: Place): void {
  check(
    faults,
    `${place.path} fields`,
    Object.keys(ours),
    theirs.map(({ name }) => lowerFirst(name)),
  );
  for (const field of theirs) {
    const own = ours[lowerFirst(field.name)];
    if (own !== undefined)
      compareField(faults, own, field, { ...place, path: `${place.path}.${lowerFirst(field.name)}` });
  }
}

function compareField(faults: string[], own: AnyField, theirs: KafkaField, place: Place): void {
  const { path, within, definition } = place;
  const { options } = own;
  check(faults, `${path} type`, typeOf(own), theirs.type.replace(/[A-Z]\w*/, 'struct'));
  const versions = theirs.versions ?? theirs.taggedVersions!;
  check(faults, `${path} versions`, clamp(options.versions ?? '0+', within), clamp(versions, within));
  check(
    faults,
    `${path} nullable`,
    clamp(options.nullable ?? 'none', within),
    clamp(theirs.nullableVersions ?? 'none', within),
  );
  check(
    faults,
    `${path} tagged`,
    clamp(options.tagged ?? 'none', within),
    clamp(theirs.taggedVersions ?? 'none', within),
  );
  check(faults, `${path} tag`, options.tag, theirs.tag);
  check(faults, `${path} flexible`, options.flexible, theirs.flexibleVersions);
  check(faults, `${path} ignorable`, options.ignorable ?? false, theirs.ignorable ?? false);
  check(faults, `${path} default`, defaultOf(own), defaultOfKafka(own, theirs));
  const fields = own.kind === 'array' ? own.of!.fields : own.fields;
  if (fields !== undefined) {
    compareFields(faults, fields, fieldsOf(theirs, definition), { ...place, within: clamp(versions, within) });
  }
}

function typeOf(field: AnyField): string {
  if (field.kind === 'array') return `[]${typeOf(field.of!)}`;
  return field.kind === 'bits64' ? 'int64' : field.kind;
}

function fieldsOf(field: KafkaField, definition: KafkaDefinition): readonly KafkaField[] {
  if (field.fields !== undefined && field.fields.length > 0) return field.fields;
  const name = field.type.replace('[]', '');
  return definition.commonStructs!.find((struct) => struct.name === name)!.fields;
}

/** The default that Kafka gives the field: as text, "null" is null and a JSON null is none at all. */
function defaultOfKafka(own: AnyField, { default: declared }: KafkaField): unknown {
  const text = declared === undefined || declared === null ? '' : String(declared);
  if (text === 'null') return null;
  if (text === '') return defaultOf({ kind: own.kind, options: {}, ...(own.fields && { fields: own.fields }) });
  const kind: Kind = own.kind;
  if (kind === 'bool') return text === 'true';
  if (kind === 'string') return text;
  if (kind === 'bits64') return BigInt(text);
  return text === '9223372036854775807' ? INT64_MAX : Number(text);
}

function clamp(range: string, within: Versions): Versions {
  const { min, max } = parseVersions(range);
  const clamped = { min: Math.max(min, within.min), max: Math.min(max, within.max) };
  return clamped.min > clamped.max ? { min: 0, max: -1 } : clamped;
}

function check(faults: string[], what: string, own: unknown, theirs: unknown): void {
  try {
    assert.deepEqual(own, theirs);
  } catch {
    faults.push(`${what}: ${inspect(own)}, Kafka has ${inspect(theirs)}`);
  }
}

function lowerFirst(text: string): string {
  return text[0]!.toLowerCase() + text.slice(1);
}
