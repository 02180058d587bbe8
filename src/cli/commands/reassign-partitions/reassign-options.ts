import type { OptionSpec, ParsedOptions } from '../../tools/option-parser.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, parseUncaught, requireOptions, usage } from '../../tools/usage.ts';

const specs = {
  ...commonOptions,
  verify: { text: 'Tells whether moves are done; takes the throttles away when all are.' },
  generate: { text: 'Proposes a new assignment of topics to brokers; moves nothing.' },
  execute: { text: 'Starts the moves of --reassignment-json-file.' },
  cancel: { text: 'Takes back moves that are under way.' },
  list: { text: 'Tells the moves that are under way.' },
  'bootstrap-server': {
    argument: 'Server(s) to use for bootstrapping',
    isArgumentOptional: true,
    text: 'Any broker of the cluster.',
  },
  'bootstrap-controller': {
    argument: 'bootstrap controller to connect to',
    isArgumentOptional: true,
    text: 'Any controller of the cluster, for --cancel.',
  },
  'command-config': { argument: 'Admin client property file', text: 'A file of settings for the connection.' },
  'reassignment-json-file': {
    argument: 'manual assignment json file path',
    text: '{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}]}; log_dirs may be left out.',
  },
  'topics-to-move-json-file': {
    argument: 'topics to reassign json file path',
    text: 'With --generate: {"topics":[{"topic":"a"}],"version":1}.',
  },
  'broker-list': { argument: 'brokerlist', text: 'With --generate: the brokers to take, with commas between.' },
  'disable-rack-aware': { text: 'With --generate: pays no heed to racks.' },
  throttle: {
    argument: 'throttle',
    type: 'Long',
    fallback: '-1',
    text: 'Bytes per second that moves between brokers may take.',
  },
  'replica-alter-log-dirs-throttle': {
    argument: 'replicaAlterLogDirsThrottle',
    type: 'Long',
    fallback: '-1',
    text: 'Bytes per second that moves between directories of a broker may take.',
  },
  timeout: {
    argument: 'timeout',
    type: 'Long',
    fallback: '10000',
    text: 'How long to wait until moves between directories have begun, in milliseconds.',
  },
  additional: { text: 'Starts moves beside those that are under way; also changes their throttle.' },
  'preserve-throttles': { text: 'Leaves throttles as they are.' },
  'disallow-replication-factor-change': { text: 'Refuses moves that change the number of replicas.' },
} as const satisfies Record<string, OptionSpec>;

export type ReassignOption = keyof typeof specs;
export type ReassignCall = ParsedOptions<ReassignOption>;

const ACTIONS = ['generate', 'execute', 'verify', 'cancel', 'list'] as const;
export type ReassignAction = (typeof ACTIONS)[number];

const REQUIRED: Readonly<Record<ReassignAction, readonly ReassignOption[]>> = {
  generate: ['topics-to-move-json-file', 'broker-list'],
  execute: ['reassignment-json-file'],
  verify: ['reassignment-json-file'],
  cancel: ['reassignment-json-file'],
  list: [],
};
const PERMITTED: Readonly<Record<ReassignAction, readonly ReassignOption[]>> = {
  generate: ['disable-rack-aware'],
  execute: [
    'additional',
    'throttle',
    'replica-alter-log-dirs-throttle',
    'timeout',
    'disallow-replication-factor-change',
  ],
  verify: ['preserve-throttles'],
  cancel: ['preserve-throttles', 'timeout'],
  list: [],
};

/** Reads and checks the options of `kafka-reassign-partitions`; undefined when all is said already. */
export function parseReassignCall(
  args: readonly string[],
  world: ToolWorld,
): { readonly action: ReassignAction; readonly options: ReassignCall } | undefined {
  const options = parseUncaught<ReassignOption>(specs, args);
  const about = 'This tool helps to move topic partitions between replicas.';
  if (args.length === 0) throw usage(options, about);
  if (answersVersion(options, about, world)) return undefined;
  const [action, ...more] = ACTIONS.filter((name) => options.has(name));
  if (action === undefined || more.length > 0) {
    const all = ACTIONS.map((name) => `--${name}`).join(', ');
    throw usage(options, `Command must include exactly one action: ${all}`);
  }
  const servers = (['bootstrap-server', 'bootstrap-controller'] as const).filter((name) => options.has(name));
  if (servers.length === 2) {
    throw usage(options, "Please don't specify both --bootstrap-server and --bootstrap-controller");
  }
  if (servers.length === 0) throw usage(options, 'Please specify either --bootstrap-server or --bootstrap-controller');
  requireOptions(options, REQUIRED[action]);
  const places = action === 'cancel' || action === 'list' ? servers : ['bootstrap-server'];
  const allowed = new Set<string>([action, 'command-config', ...places, ...REQUIRED[action], ...PERMITTED[action]]);
  for (const name of Object.keys(specs) as ReassignOption[]) {
    if (options.has(name) && !allowed.has(name)) {
      throw usage(options, `Option "[${name}]" can't be used with action "[${action}]"`);
    }
  }
  return { action, options };
}
