import type { Admin } from '../../client/admin/admin.ts';
import type { BrokerDescription } from '../../client/admin/describe-cluster.ts';
import { KafkaError } from '../../client/client-error.ts';
import { parseArguments, type ArgumentCall } from '../tools/argument-parser.ts';
import type { ArgumentGrammar, ArgumentSpec } from '../tools/argument-spec.ts';
import { toolAdmin } from '../tools/connect.ts';
import { javaError } from '../tools/java-error.ts';
import { readSettings } from '../tools/read-settings.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';

/** Width of columns whose texts are short. */
const COLUMN = 10;

const connection: readonly ArgumentSpec[] = [
  { flags: ['--bootstrap-server', '-b'], isExclusive: true, text: 'Any broker of the cluster, as host:port.' },
  { flags: ['--bootstrap-controller', '-C'], isExclusive: true, text: 'Any controller of the cluster, as host:port.' },
  { flags: ['--config'], text: 'The former name of --command-config; it goes with the next major release.' },
  { flags: ['--command-config', '-c'], text: 'A file of settings for the connection.' },
];

const grammar: ArgumentGrammar = {
  program: 'kafka-cluster',
  about: 'The Kafka cluster tool.',
  options: [],
  subcommands: [
    { name: 'cluster-id', text: "Tells the cluster's id.", options: connection, isExclusiveRequired: true },
    {
      name: 'unregister',
      text: 'Takes a broker that is gone for good off the cluster.',
      options: [
        ...connection,
        { flags: ['--id', '-i'], type: 'Integer', isRequired: true, text: 'The id of the broker.' },
      ],
      isExclusiveRequired: true,
    },
    {
      name: 'list-endpoints',
      text: 'Tells the brokers or controllers and their addresses.',
      options: [
        ...connection,
        { flags: ['--include-fenced-brokers'], action: 'switch', text: 'Tells brokers too that are fenced.' },
      ],
      isExclusiveRequired: true,
    },
  ],
};

/** `kafka-cluster`: tells the cluster's id and endpoints, unregisters brokers (ClusterTool). */
export const clusterTool: Tool = {
  name: 'kafka-cluster',
  async run(args, world) {
    const parsed = parseArguments(grammar, args);
    if (parsed.kind !== 'call') {
      if (parsed.kind === 'help') world.out(parsed.text);
      return 1;
    }
    const { call } = parsed;
    const old = { flag: 'config', path: call.value('config') };
    const settings = readSettings(world, call.value('command-config'), old);
    const servers = call.value('bootstrap-server') ?? call.value('bootstrap-controller') ?? '';
    const isOfControllers = call.has('bootstrap-controller');
    if (isOfControllers && call.has('include-fenced-brokers')) {
      throw new ToolFailure('The option --include-fenced-brokers is only supported with --bootstrap-server option');
    }
    const admin = toolAdmin(world, servers, settings);
    try {
      await act(admin, call, isOfControllers, world);
      return 0;
    } catch (error) {
      // Java tells the exception around the cause: its message is the cause's whole text.
      throw error instanceof KafkaError ? new ToolFailure(javaError(error)) : error;
    } finally {
      admin.close();
    }
  },
};

async function act(admin: Admin, call: ArgumentCall, isOfControllers: boolean, world: ToolWorld): Promise<void> {
  if (call.subcommand === 'unregister') {
    await unregister(admin, call.number('id') ?? 0, world);
    return;
  }
  const described = await admin.describeCluster({
    areControllers: isOfControllers,
    includeFencedBrokers: call.has('include-fenced-brokers'),
  });
  if (call.subcommand === 'cluster-id') world.out(`Cluster ID: ${described.clusterId}`);
  else world.out(endpoints(described.brokers, isOfControllers));
}

async function unregister(admin: Admin, id: number, world: ToolWorld): Promise<void> {
  try {
    await admin.unregisterBroker(id);
    world.out(`Broker ${id} is no longer registered.`);
  } catch (error) {
    const isUnknown =
      error instanceof KafkaError && (error.code === 'UNSUPPORTED' || error.code === 'UNSUPPORTED_VERSION');
    if (!isUnknown) throw error;
    world.out('The target cluster does not support the broker unregistration API.');
  }
}

/** Columns are as wide as Kafka makes them, that of the host as its longest. */
function endpoints(nodes: readonly BrokerDescription[], isOfControllers: boolean): string {
  const hostWidth = Math.max(0, ...nodes.map(({ host }) => host.length));
  const racks = nodes.flatMap(({ rack }) => (rack === null ? [] : [rack]));
  const rackWidth = racks.length === 0 ? COLUMN : Math.max(...racks.map((rack) => rack.length));
  const line = (id: string, host: string, port: string, rest: readonly string[]): string =>
    [id.padEnd(COLUMN), host.padEnd(hostWidth), port.padEnd(COLUMN), ...rest].join(' ');
  const rows = nodes.map((node) => {
    const state = node.isFenced ? 'fenced' : 'unfenced';
    const kind = (isOfControllers ? 'controller' : 'broker').padEnd(15);
    const rest = [String(node.rack).padEnd(rackWidth), ...(isOfControllers ? [] : [state.padEnd(COLUMN)]), kind];
    return line(String(node.nodeId), node.host, String(node.port), rest);
  });
  const heads = [
    'RACK'.padEnd(rackWidth),
    ...(isOfControllers ? [] : ['STATE'.padEnd(COLUMN)]),
    'ENDPOINT_TYPE'.padEnd(15),
  ];
  return [line('ID', 'HOST', 'PORT', heads), ...rows].join('\n');
}
