import { nearestNames } from '../../config/nearest.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { ApplicationProperties } from './application-properties.ts';
import { KAFKA_KEYS, KAFKA_MAPS, type KafkaKey } from './kafka-keys.ts';
import { canonicalName } from './property-name.ts';
import type { Property } from './property.ts';
import { durationMs, sizeBytes, truth } from './units.ts';

export const PREFIX = 'spring.kafka';

const BY_CANONICAL = new Map(Object.keys(KAFKA_KEYS).map((key) => [canonicalName(key), key]));
const MAPS = KAFKA_MAPS.map((map) => `${canonicalName(map)}.`);

/** Throws {@link ConfigurationError} for the first key below `spring.kafka` that is not known, with the nearest that is. */
export function checkKeys(properties: ApplicationProperties): void {
  for (const [rest, property] of properties.under(PREFIX)) {
    const name = canonicalName(rest);
    if (isKnown(name) || isVariableOf(property, rest)) continue;
    const near = nearestNames(rest, Object.keys(KAFKA_KEYS), 2).map((key) => `${PREFIX}.${key}`);
    const hint = near.length === 0 ? 'no known key has a similar name' : `did you mean ${near.join(' or ')}?`;
    throw new ConfigurationError(property.origin, `${property.key} is not known: ${hint}`);
  }
}

function isKnown(name: string): boolean {
  return BY_CANONICAL.has(name) || MAPS.some((map) => name.startsWith(map));
}

/** In a variable's name every dash may be an underscore, and so looks like a dot. */
function isVariableOf({ origin }: Property, rest: string): boolean {
  if (!origin.startsWith('variable ')) return false;
  const name = rest.replaceAll('.', '');
  return [...BY_CANONICAL.keys()].some((key) => key.replaceAll('.', '') === name);
}

/** The value of a known key, in the form that Kafka's clients take it; undefined when it is not set. Throws when it cannot be. */
export function checkedProperty(properties: ApplicationProperties, name: string): Property | undefined {
  const key = KAFKA_KEYS[name];
  const property = properties.property(`${PREFIX}.${name}`);
  // A key with nothing behind it counts as not set.
  if (key === undefined || property === undefined || property.value === '') return undefined;
  return { ...property, value: checkedValue(property, key) };
}

function checkedValue(property: Property, { kind }: KafkaKey): string {
  const value = property.value.trim();
  switch (kind) {
    case 'text':
      return value;
    case 'whole':
      return need(property, /^\d+$/.test(value) ? value : undefined, 'a whole number from 0');
    case 'number':
      return need(property, /^\d+(\.\d+)?$/.test(value) ? value : undefined, 'a number from 0');
    case 'truth':
      return need(property, truth(value), 'true or false');
    case 'duration':
      return need(property, durationMs(value), 'a duration like 500ms, 5s, 1m or PT5S');
    case 'size':
      return need(property, sizeBytes(value), 'a size like 16384, 16KB or 1MB');
    default: {
      const word = value.toLowerCase().replaceAll('-', '_');
      return need(
        property,
        kind.find((each) => each === word),
        `one of ${kind.join(', ')}`,
      );
    }
  }
}

function need(property: Property, value: string | number | boolean | undefined, what: string): string {
  if (value !== undefined) return String(value);
  throw new ConfigurationError(property.origin, `${property.key} is "${property.value}"; it has to be ${what}`);
}
