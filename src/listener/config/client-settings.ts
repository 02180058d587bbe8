import { isAbsolute, join } from 'node:path';
import type { Disk } from '../../runtime/disk.ts';
import { nearestNames } from '../../config/nearest.ts';
import {
  fromProperties,
  KafkaError,
  type KafkaOptions,
  type OptionsFromProperties,
  type Serde,
} from '../../client/index.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { defaultSerde, serdeNamed } from '../serdes.ts';
import type { ApplicationProperties } from './application-properties.ts';
import { JAVA_ONLY_KEYS, JAVA_ONLY_PREFIXES } from './java-only-keys.ts';
import { KAFKA_KEYS } from './kafka-keys.ts';
import { checkedProperty, PREFIX } from './key-check.ts';
import type { Property } from './property.ts';

/** Reads the files that settings name: certificates, keys. */
export interface SettingFiles {
  readonly disk: Pick<Disk, 'readFile'>;
  readonly directory: string;
}

export type ClientPart = 'consumer' | 'producer' | 'admin';

/** What the settings say about one kind of client. */
export interface PartSettings extends OptionsFromProperties {
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** Every setting by its dotted key, for what only the caller understands. */
  readonly dotted: ReadonlyMap<string, Property>;
  /** Set, and without effect here. */
  readonly ignored: readonly Property[];
}

const DEFAULT_SERVERS: Property = { key: 'bootstrap-servers', value: 'localhost:9092', origin: 'the default' };
const SERDE_KEYS = ['key.serializer', 'value.serializer', 'key.deserializer', 'value.deserializer'];
/** Understood by listeners, and no option of a client. */
const OWN_KEYS: ReadonlySet<string> = new Set(['max.poll.records', ...SERDE_KEYS]);
/** They make one option together; what of them is not known is said by the client. */
const SECURITY = /^(?:security\.protocol$|sasl\.(?!login\.(?:connect|read)\.)|ssl\.(?!enabled\.protocols$|protocol$))/;
const FILE_BYTES_MAX = 1024 * 1024;
const DELEGATES = 'spring.deserializer';
const DELEGATING = /(?:^|\.)ErrorHandlingDeserializer$/;

/**
 * The options of one kind of client: its own keys win over the common ones, `properties` over both, as in Spring Boot. Throws
 * {@link ConfigurationError}, naming key and place.
 * @param further settings by dotted key that win over all of them.
 */
export function clientSettings(
  properties: ApplicationProperties,
  part: ClientPart,
  files: SettingFiles,
  further: readonly Property[] = [],
): PartSettings {
  const dotted = dottedProperties(properties, part);
  for (const property of further) dotted.set(property.key, property);
  const ignored: Property[] = [];
  const options = { kafka: {}, producer: {}, consumer: {} };
  for (const [key, property] of dotted) {
    if (SECURITY.test(key) || OWN_KEYS.has(key)) continue;
    if (JAVA_ONLY_KEYS.has(key) || JAVA_ONLY_PREFIXES.some((prefix) => key.startsWith(prefix))) {
      if (!key.startsWith(DELEGATES)) ignored.push(property);
      continue;
    }
    const read = readOne(key, property);
    for (const each of ['kafka', 'producer', 'consumer'] as const) Object.assign(options[each], read[each]);
  }
  const servers = dotted.get('bootstrap.servers')!.value;
  return {
    ...options,
    kafka: { ...options.kafka, bootstrapServers: servers, ...securityOptions(dotted, files) },
    keySerde: serde(dotted, part, 'key'),
    valueSerde: serde(dotted, part, 'value'),
    dotted,
    ignored,
  };
}

function dottedProperties(properties: ApplicationProperties, part: ClientPart): Map<string, Property> {
  const dotted = new Map<string, Property>([['bootstrap.servers', DEFAULT_SERVERS]]);
  for (const prefix of ['', `${part}.`]) {
    for (const [name, { dotted: key }] of Object.entries(KAFKA_KEYS)) {
      const own = name.startsWith(prefix) ? name.slice(prefix.length) : name;
      if (key === undefined || name !== `${prefix}${own}` || isOfPart(own)) continue;
      const property = checkedProperty(properties, name);
      if (property !== undefined) dotted.set(key, property);
    }
    // `properties` has the last word within its section.
    for (const [rest, property] of properties.under(`${PREFIX}.${prefix}properties`)) dotted.set(rest, property);
  }
  return dotted;
}

function isOfPart(name: string): boolean {
  return /^(?:consumer|producer|admin|listener|template|retry|streams|jaas)\./.test(name);
}

/** One setting at a time, so that an error can say where it stands. */
function readOne(key: string, property: Property): OptionsFromProperties {
  try {
    return fromProperties(
      key === 'bootstrap.servers' ? { [key]: property.value } : { 'bootstrap.servers': '-', [key]: property.value },
    );
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const isUnknown = error.message.startsWith(`${key} is not known`);
    const near = isUnknown ? nearestNames(key, [...JAVA_ONLY_KEYS, ...OWN_KEYS], 1) : [];
    const more = near.length === 0 ? '' : ` Or ${near[0]}?`;
    const message = error.message.replace(key, property.key);
    throw new ConfigurationError(property.origin, `${message}${more}`, { cause: error });
  }
}

/** TLS and login. Spring writes `file:` and `classpath:` before the places of files. */
function securityOptions(
  dotted: ReadonlyMap<string, Property>,
  files: SettingFiles,
): Pick<KafkaOptions, 'tls' | 'sasl'> {
  const security = [...dotted].filter(([key]) => SECURITY.test(key));
  const readFile = (given: string): Uint8Array => {
    const path = given.replace(/^(?:file:(?:\/\/)?|classpath:)/, '');
    return files.disk.readFile(isAbsolute(path) ? path : join(files.directory, path), FILE_BYTES_MAX);
  };
  try {
    const plain = Object.fromEntries(security.map(([key, { value }]) => [key, value]));
    const { tls, sasl } = fromProperties({ 'bootstrap.servers': '-', ...plain }, { readFile }).kafka;
    return { ...(tls !== undefined && { tls }), ...(sasl !== undefined && { sasl }) };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    // The setting that it names, or the one that asked for security at all.
    const named = security.filter(([key]) => error.message.includes(key)).toSorted((a, b) => b[0].length - a[0].length);
    const property = named[0]?.[1] ?? dotted.get('security.protocol');
    throw new ConfigurationError(property?.origin, `${property?.key ?? 'security'}: ${error.message}`, {
      cause: error,
    });
  }
}

function serde(dotted: ReadonlyMap<string, Property>, part: ClientPart, which: 'key' | 'value'): Serde<unknown> {
  let property = dotted.get(`${which}.${part === 'producer' ? '' : 'de'}serializer`);
  if (property === undefined) return defaultSerde();
  if (DELEGATING.test(property.value)) {
    // Here every failure to read a record goes to the error handler; the wrapper adds nothing.
    const delegate = dotted.get(`${DELEGATES}.${which}.delegate.class`);
    if (delegate === undefined) {
      throw new ConfigurationError(property.origin, `${property.key}: ${DELEGATES}.${which}.delegate.class is missing`);
    }
    property = delegate;
  }
  const found = serdeNamed(property.value);
  if (typeof found !== 'string') return found;
  throw new ConfigurationError(property.origin, `${property.key} is "${property.value}": ${found}`);
}
