import type { Admin } from '../../../client/admin/admin.ts';
import type { QuotaEntity } from '../../../client/admin/client-quotas.ts';
import { configResourceKey, type ConfigResource, type ConfigResourceType } from '../../../client/admin/configs.ts';
import type { ConfigEntry, ConfigSource } from '../../../client/admin/config-entry.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import type { ScramMechanism } from '../../../client/admin/scram-credentials.ts';
import { BrokerError, KafkaError } from '../../../client/client-error.ts';
import { javaDouble } from '../../tools/java-text.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { toolAdmin } from '../../tools/connect.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { parseConfigCall, type ConfigCall, type Entity, type EntityType } from './configs-options.ts';

const SCRAM_ITERATIONS = 4096;
const QUOTA_TYPES = { users: 'user', clients: 'client-id', ips: 'ip' } as const;
const QUOTA_WORDS = { user: 'user-principal', 'client-id': 'client-id', ip: 'ip' } as const;
const CLIENT_QUOTAS = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate'];
const RESOURCES = {
  topics: { type: 'topic', source: 'dynamic-topic' },
  brokers: { type: 'broker', source: 'dynamic-broker' },
  'broker-loggers': { type: 'broker-logger', source: undefined },
  'client-metrics': { type: 'client-metrics', source: 'dynamic-client-metrics' },
  groups: { type: 'group', source: 'dynamic-group' },
} as const satisfies Partial<Record<EntityType, { type: ConfigResourceType; source: ConfigSource | undefined }>>;

/** `kafka-configs`: tells and changes settings, quotas and SCRAM credentials (ConfigCommand). */
export const configsTool: Tool = {
  name: 'kafka-configs',
  async run(args, world) {
    const call = parseConfigCall(args, world);
    if (call === undefined) return 0;
    const { options } = call;
    const settings = propertiesFile(options.value('command-config'), world);
    const bootstrap = options.value('bootstrap-server') ?? options.value('bootstrap-controller') ?? '';
    const admin = toolAdmin(world, bootstrap, settings);
    try {
      await (options.has('describe') ? describe(admin, call, world) : alter(admin, call, world));
      return 0;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      const text = error instanceof BrokerError ? error.text : error.message;
      throw new ToolFailure(
        `Error while executing config command with args '${args.join(' ')}'\nCaused by: ${error.code}: ${text}`,
      );
    } finally {
      admin.close();
    }
  },
};

async function describe(admin: Admin, call: ConfigCall, world: ToolWorld): Promise<void> {
  const [head] = call.entities;
  if (head === undefined) return;
  if (head.type in QUOTA_TYPES) {
    await describeQuotas(admin, call.entities, world);
    if (head.type === 'users' && call.entities.length === 1 && head.name !== '')
      await describeScram(admin, head, world);
    return;
  }
  await describeResources(admin, head, call.options.has('all'), world);
}

async function describeResources(admin: Admin, entity: Entity, isAll: boolean, world: ToolWorld): Promise<void> {
  const { type } = entity;
  const existing = await namesOf(admin, type);
  if (!isAll && entity.name !== undefined && entity.name !== '' && !existing.includes(entity.name)) {
    world.out(`The ${singular(type)} '${entity.name}' doesn't exist and doesn't have dynamic config.`);
    return;
  }
  const isOfBrokers = type === 'brokers' || type === 'broker-loggers';
  const names = entity.name === undefined ? [...existing, ...(isOfBrokers ? [''] : [])] : [entity.name];
  for (const name of names) {
    world.out(
      name === ''
        ? `Default configs for ${type} in the cluster are:`
        : `${isAll ? 'All' : 'Dynamic'} configs for ${singular(type)} ${name} are:`,
    );
    for (const entry of await entriesOf(admin, { type, name }, isAll)) world.out(entryLine(entry));
  }
}

/** Entries in force by name; without `isAll` only those that somebody made for just this. */
async function entriesOf(
  admin: Admin,
  entity: { readonly type: EntityType; readonly name: string },
  isAll: boolean,
): Promise<ConfigEntry[]> {
  const resource = resourceOf(entity);
  const results = valuesOf(await admin.describeConfigs([resource], { includeSynonyms: true }));
  const entries = [...(results.get(configResourceKey(resource))?.values() ?? [])];
  const source = entity.type === 'brokers' && entity.name === '' ? 'dynamic-default-broker' : known(entity.type).source;
  return entries
    .filter((entry) => isAll || source === undefined || entry.source === source)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function entryLine({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const others = synonyms.map((synonym) => `${sourceName(synonym.source)}:${synonym.name}=${synonym.value}`);
  return `  ${name}=${value} sensitive=${isSensitive} synonyms={${others.join(', ')}}`;
}

/** As Kafka calls it: DYNAMIC_TOPIC_CONFIG. */
function sourceName(source: ConfigSource | 'unknown'): string {
  return source === 'unknown' ? 'UNKNOWN' : `${source.replaceAll('-', '_').toUpperCase()}_CONFIG`;
}

async function namesOf(admin: Admin, type: EntityType): Promise<string[]> {
  if (type === 'topics') return [...(await admin.listTopics({ includeInternal: true })).keys()];
  if (type === 'brokers' || type === 'broker-loggers') {
    return (await admin.describeCluster()).brokers.map(({ nodeId }) => String(nodeId));
  }
  const configured = await admin.listConfigResources([known(type).type]);
  const groups = type === 'groups' ? await admin.listGroups() : [];
  return [...new Set([...groups.map(({ groupId }) => groupId), ...configured.map(({ name }) => name)])];
}

async function describeQuotas(admin: Admin, entities: readonly Entity[], world: ToolWorld): Promise<void> {
  const filter = entities.map(({ type, name }) => ({
    type: quotaType(type),
    match: name === undefined ? ('any' as const) : name === '' ? ('default' as const) : { name },
  }));
  for (const { entity, quotas } of await admin.describeClientQuotas(filter, { strict: true })) {
    const parts = (['user', 'client-id', 'ip'] as const).flatMap((type) => {
      const name = entity[type];
      if (name === undefined) return [];
      return [name === null ? `the default ${QUOTA_WORDS[type]}` : `${QUOTA_WORDS[type]} '${name}'`];
    });
    const values = [...quotas].map(([key, value]) => `${key}=${javaDouble(value)}`);
    world.out(`Quota configs for ${parts.join(', ')} are ${values.join(', ')}`);
  }
}

async function describeScram(admin: Admin, { name }: Entity, world: ToolWorld): Promise<void> {
  const results = await admin.describeScramCredentials(name === undefined ? 'all' : [name]);
  for (const [user, credentials] of results) {
    if (credentials instanceof KafkaError) {
      if (credentials.code !== 'RESOURCE_NOT_FOUND') throw credentials;
      continue;
    }
    const texts = credentials.map(({ mechanism, iterations }) => `${mechanism}=iterations=${iterations}`);
    world.out(`SCRAM credential configs for user-principal '${user}' are ${texts.join(', ')}`);
  }
}

async function alter(admin: Admin, { options, entities }: ConfigCall, world: ToolWorld): Promise<void> {
  const [head] = entities;
  if (head === undefined) return;
  const file = options.value('add-config-file');
  const added = new Map([...propertiesFile(file, world), ...addedIn(options.value('add-config'))]);
  const deleted = options.values('delete-config').map((name) => name.trim());
  if (head.type in QUOTA_TYPES) await alterQuotas(admin, entities, added, deleted);
  else {
    const changes = [
      ...[...added].map(([name, value]) => ({ name, operation: 'set' as const, value })),
      ...deleted.map((name) => ({ name, operation: 'delete' as const })),
    ];
    const resource = resourceOf({ type: head.type, name: head.name ?? '' });
    valuesOf(await admin.alterConfigs([{ ...resource, changes }]));
  }
  world.out(
    head.name === ''
      ? `Completed updating default config for ${head.type} in the cluster.`
      : `Completed updating config for ${singular(head.type)} ${head.name}.`,
  );
}

/** `a=1,b=[2,3]`: a comma within brackets is part of the value. */
export function addedIn(text: string | undefined): Map<string, string> {
  const added = new Map<string, string>();
  if (text === undefined) return added;
  for (const pair of text.split(/,(?=[^\]]*(?:\[|$))/)) {
    const [name, value, ...more] = pair.split(/\s*=\s*(?=[^\]]*(?:\[|$))/);
    if (name === undefined || value === undefined || more.length > 0) {
      throw new ToolFailure(
        'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
      );
    }
    if (!/^[a-zA-Z0-9._-]+$/.test(name.trim())) {
      throw new ToolFailure(`Invalid character found for config key: ${name.trim()}`);
    }
    added.set(name.trim(), value.replaceAll(/[[\]]/g, '').trim());
  }
  return added;
}

async function alterQuotas(
  admin: Admin,
  entities: readonly Entity[],
  added: ReadonlyMap<string, string>,
  deleted: readonly string[],
): Promise<void> {
  const [head] = entities;
  if (head === undefined) return;
  const isOfUsers = head.type === 'users' && entities.length === 1;
  const quotas = head.type === 'ips' ? ['connection_creation_rate'] : CLIENT_QUOTAS;
  const isKnown = (key: string): boolean => quotas.includes(key) || (isOfUsers && isScram(key));
  const unknown = [...added.keys(), ...deleted].filter((key) => !isKnown(key));
  if (unknown.length > 0) {
    const kinds = head.type === 'ips' ? 'connection quota' : isOfUsers ? 'quota and SCRAM credential' : 'quota';
    throw new ToolFailure(
      `Only ${kinds} configs can be added for '${head.type}' using --bootstrap-server. Unexpected config names: Set(${unknown.join(', ')})`,
    );
  }
  const values: Record<string, number | null> = {};
  for (const key of deleted) if (!isScram(key)) values[key] = null;
  for (const [key, text] of added) {
    if (isScram(key)) continue;
    if (text === '' || Number.isNaN(Number(text))) {
      throw new ToolFailure(`Cannot parse quota configuration value for ${key}: ${text}`);
    }
    values[key] = Number(text);
  }
  if (Object.keys(values).length > 0) {
    const parts = entities.map(({ type, name }) => [quotaType(type), name === '' ? null : (name ?? null)] as const);
    const entity: QuotaEntity = Object.fromEntries(parts);
    valuesOf(await admin.alterClientQuotas([{ entity, quotas: values }]));
  }
  await alterScram(admin, head.name ?? '', added, deleted);
}

async function alterScram(
  admin: Admin,
  user: string,
  added: ReadonlyMap<string, string>,
  deleted: readonly string[],
): Promise<void> {
  const alterations = [
    ...deleted.flatMap((key) => {
      const mechanism = scramMechanism(key);
      return mechanism === undefined ? [] : [{ user, mechanism, delete: true as const }];
    }),
    ...[...added].flatMap(([key, text]) => {
      const mechanism = scramMechanism(key);
      if (mechanism === undefined) return [];
      const given = /^(?:iterations=(?<iterations>\d+),)?password=(?<password>.*)$/.exec(text)?.groups;
      if (given === undefined) {
        throw new ToolFailure(`Password must be specified for ${mechanism} as [iterations=N,password=TEXT]`);
      }
      const iterations = Number(given['iterations'] ?? SCRAM_ITERATIONS);
      return [{ user, mechanism, password: given['password'] ?? '', iterations }];
    }),
  ];
  if (alterations.length > 0) valuesOf(await admin.alterScramCredentials(alterations));
}

function isScram(key: string): boolean {
  return scramMechanism(key) !== undefined;
}

function scramMechanism(key: string): ScramMechanism | undefined {
  return key === 'SCRAM-SHA-256' || key === 'SCRAM-SHA-512' ? key : undefined;
}

function resourceOf({ type, name }: { readonly type: EntityType; readonly name: string }): ConfigResource {
  return { type: known(type).type, name };
}

function known(type: EntityType): (typeof RESOURCES)[keyof typeof RESOURCES] {
  if (type in RESOURCES) return RESOURCES[type as keyof typeof RESOURCES];
  throw new ToolFailure(`Invalid entity type: ${type}`);
}

function quotaType(type: EntityType): (typeof QUOTA_TYPES)[keyof typeof QUOTA_TYPES] {
  return QUOTA_TYPES[type as keyof typeof QUOTA_TYPES];
}

function singular(type: EntityType): string {
  return type.slice(0, -1);
}
