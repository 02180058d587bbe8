import { parseOptions, ParsedOptions, type OptionSpec } from '../../tools/option-parser.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, forbidWith, usage } from '../../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server to connect to', text: 'Any broker of the cluster, as host:port.' },
  'bootstrap-controller': { argument: 'controller to connect to', text: 'A controller; not served here.' },
  'command-config': { argument: 'command config property file', text: 'A file of settings for the connection.' },
  alter: { text: 'Changes settings.' },
  describe: { text: 'Tells settings.' },
  all: { text: 'With --describe: all settings, not only those that were made.' },
  'entity-type': {
    argument: '',
    text: 'What has the settings: topics, brokers, users, clients, ips, groups, ...',
  },
  'entity-name': { argument: '', text: 'Which one, by its name.' },
  'entity-default': { text: 'What holds for all of the type.' },
  'add-config': {
    argument: '',
    text: 'Settings as key=value with commas between; [a,b] is a value with commas.',
  },
  'add-config-file': { argument: '', text: 'A file of settings.' },
  'delete-config': { argument: '', separator: ',', text: 'Names of settings that go, with commas between.' },
  topic: { argument: '', text: 'The topic with this name.' },
  client: { argument: '', text: 'The client with this id.' },
  'client-defaults': { text: 'What holds for all clients.' },
  user: { argument: '', text: 'The user with this name.' },
  'user-defaults': { text: 'What holds for all users.' },
  broker: { argument: '', text: 'The broker with this id.' },
  'broker-defaults': { text: 'What holds for all brokers.' },
  'broker-logger': { argument: '', text: 'The loggers of the broker with this id.' },
  ip: { argument: '', text: 'The address.' },
  'ip-defaults': { text: 'What holds for all addresses.' },
  group: { argument: '', text: 'The group with this name.' },
  'client-metrics': { argument: '', text: 'The client metrics subscription with this name.' },
} as const satisfies Record<string, OptionSpec>;

export type ConfigOption = keyof typeof specs;

const TYPES = ['topics', 'clients', 'users', 'brokers', 'ips', 'client-metrics', 'groups', 'broker-loggers'] as const;
export type EntityType = (typeof TYPES)[number];

const named: readonly (readonly [ConfigOption, EntityType])[] = [
  ['topic', 'topics'],
  ['client', 'clients'],
  ['user', 'users'],
  ['broker', 'brokers'],
  ['broker-logger', 'broker-loggers'],
  ['ip', 'ips'],
  ['client-metrics', 'client-metrics'],
  ['group', 'groups'],
];
const defaults: readonly (readonly [ConfigOption, EntityType])[] = [
  ['client-defaults', 'clients'],
  ['user-defaults', 'users'],
  ['broker-defaults', 'brokers'],
  ['ip-defaults', 'ips'],
];
/** Types that have settings which hold for all. */
const withDefaults: readonly EntityType[] = ['users', 'clients', 'brokers', 'ips'];

/** What has the settings; the name is empty for the defaults of all, undefined for each one. */
export interface Entity {
  readonly type: EntityType;
  readonly name: string | undefined;
}

export interface ConfigCall {
  readonly options: ParsedOptions<ConfigOption>;
  /** One, or a user and a client. */
  readonly entities: readonly Entity[];
}

/** Reads and checks the options of `kafka-configs`; undefined when all is said already. */
export function parseConfigCall(args: readonly string[], world: ToolWorld): ConfigCall | undefined {
  const options = parseOptions<ConfigOption>(specs, args);
  const about =
    'This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, client-metrics or group';
  if (args.length === 0) throw usage(options, about);
  if (answersVersion(options, about, world)) return undefined;
  if (options.has('alter') === options.has('describe')) {
    throw usage(options, 'Command must include exactly one action: --describe, --alter');
  }
  forbidWith(options, 'describe', ['add-config', 'delete-config']);
  const types = typesIn(options);
  const names = namesIn(args, options);
  check(options, types, names);
  return { options, entities: types.map((type, index) => ({ type, name: names[index] })) };
}

function typesIn(options: ParsedOptions<ConfigOption>): EntityType[] {
  const byFlag = [...named, ...defaults].filter(([flag]) => options.has(flag)).map(([, type]) => type);
  const types = [...options.values('entity-type'), ...byFlag];
  const repeated = types.filter((type, index) => types.indexOf(type) !== index);
  if (repeated.length > 0) throw new ToolFailure(`Duplicate entity type(s) specified: ${repeated.join(',')}`);
  if (!options.has('bootstrap-server') && !options.has('bootstrap-controller')) {
    throw new ToolFailure('Either --bootstrap-server or --bootstrap-controller must be specified.');
  }
  return types.map((type) => {
    const known = TYPES.find((name) => name === type);
    if (known !== undefined) return known;
    throw new ToolFailure(
      `Invalid entity type ${type}, the entity type must be one of ${TYPES.join(', ')} with a --bootstrap-server or --bootstrap-controller argument`,
    );
  });
}

/** In the order in which they were given, for they go with the types; empty for defaults. */
function namesIn(args: readonly string[], options: ParsedOptions<ConfigOption>): string[] {
  const inOrder: string[] = [];
  for (const [index, arg] of args.entries()) {
    if (arg === '--entity-default') inOrder.push('');
    else if (arg === '--entity-name') inOrder.push(args[index + 1] ?? '');
    else if (arg.startsWith('--entity-name=')) inOrder.push(arg.slice(arg.indexOf('=') + 1));
  }
  const byFlag = named.filter(([flag]) => options.has(flag)).map(([flag]) => options.value(flag) ?? '');
  return [...inOrder, ...byFlag, ...defaults.filter(([flag]) => options.has(flag)).map(() => '')];
}

function check(options: ParsedOptions<ConfigOption>, types: readonly EntityType[], names: readonly string[]): void {
  const [head] = types;
  if (head === undefined) throw new ToolFailure('At least one entity type must be specified');
  if (types.length > 1 && !types.every((type) => type === 'users' || type === 'clients')) {
    throw new ToolFailure("Only 'users' and 'clients' entity types may be specified together");
  }
  const isGeneral = (['entity-name', 'entity-type', 'entity-default'] as const).some((option) => options.has(option));
  if (isGeneral && [...named, ...defaults].some(([flag]) => options.has(flag))) {
    throw new ToolFailure('--entity-{type,name,default} should not be used in conjunction with specific entity flags');
  }
  const isNamed = names.some((name) => name !== '');
  const isDefault = names.includes('');
  if (options.has('bootstrap-server') && options.has('bootstrap-controller')) {
    throw new ToolFailure('Only one of --bootstrap-server or --bootstrap-controller can be specified');
  }
  const wrongId = names.find((name) => name !== '' && !/^[+-]?\d+$/.test(name));
  if (wrongId !== undefined && (head === 'brokers' || head === 'broker-loggers')) {
    throw new ToolFailure(`The entity name for ${head} must be a valid integer broker id, but it is: ${wrongId}`);
  }
  if (options.has('describe')) checkDescribe(types, { head, isNamed, isDefault });
  else checkAlter(options, types, { head, isNamed, isDefault });
}

interface Named {
  readonly head: EntityType;
  readonly isNamed: boolean;
  readonly isDefault: boolean;
}

function checkDescribe(types: readonly EntityType[], { head, isNamed, isDefault }: Named): void {
  if (isDefault && !withDefaults.includes(head)) {
    throw new ToolFailure(`--entity-default must not be specified with --describe of ${types.join(',')}`);
  }
  if (head === 'broker-loggers' && !isNamed) {
    throw new ToolFailure(`An entity name must be specified with --describe of ${types.join(',')}`);
  }
}

function checkAlter(
  options: ParsedOptions<ConfigOption>,
  types: readonly EntityType[],
  { head, isNamed, isDefault }: Named,
): void {
  if (withDefaults.includes(head)) {
    if (!isNamed && !isDefault) {
      throw new ToolFailure(
        'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips',
      );
    }
  } else if (!isNamed) throw new ToolFailure(`An entity name must be specified with --alter of ${types.join(',')}`);
  if (options.has('add-config') && options.has('add-config-file')) {
    throw new ToolFailure('Only one of --add-config or --add-config-file must be specified');
  }
  if (!(['add-config', 'add-config-file', 'delete-config'] as const).some((option) => options.has(option))) {
    throw new ToolFailure(
      'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
    );
  }
}
