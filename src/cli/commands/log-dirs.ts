import type { Admin } from '../../client/admin/admin.ts';
import type { LogDir } from '../../client/admin/log-dirs.ts';
import { valuesOf, type Outcome } from '../../client/admin/results.ts';
import { KafkaError } from '../../client/client-error.ts';
import { javaError } from '../tools/java-error.ts';
import { hashOrder, partitionHash } from '../tools/java-text.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../tools/option-parser.ts';
import { propertiesFile } from '../tools/properties-file.ts';
import { toolAdmin } from '../tools/connect.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'The server (s) to use for bootstrapping', text: 'Required. Any broker.' },
  'command-config': { argument: 'Admin client property file', text: 'A file of settings for the connection.' },
  describe: { text: 'Required. Tells of the log directories.' },
  'topic-list': { argument: 'Topic list', fallback: '', text: 'Only these topics, with commas between.' },
  'broker-list': { argument: 'Broker list', text: 'Only these brokers, by their ids with commas between.' },
} as const satisfies Record<string, OptionSpec>;

type LogDirsOption = keyof typeof specs;

/** `kafka-log-dirs`: tells what lies in the log directories of brokers, as JSON (LogDirsCommand). */
export const logDirsTool: Tool = {
  name: 'kafka-log-dirs',
  async run(args, world) {
    const options = parseOptions<LogDirsOption>(specs, args);
    const about = 'This tool helps to query log directory usage on the specified brokers.';
    if (args.length === 0) throw usage(options, about);
    if (answersVersion(options, about, world)) return 0;
    requireOptions(options, ['bootstrap-server', 'describe']);
    const settings = propertiesFile(options.value('command-config'), world);
    const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings);
    try {
      await tell(admin, options, world);
      return 0;
    } finally {
      admin.close();
    }
  },
};

async function tell(admin: Admin, options: ParsedOptions<LogDirsOption>, world: ToolWorld): Promise<void> {
  const topics = listIn(options.value('topic-list'));
  const there = (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId);
  const wanted = listIn(options.value('broker-list')).map(Number);
  const missing = wanted.filter((nodeId) => !there.includes(nodeId));
  if (missing.length > 0) {
    throw new ToolFailure(
      `ERROR: The given brokers do not exist from --broker-list: ${missing.join(',')}. Current existent brokers: ${there.join(',')}`,
    );
  }
  const brokers = wanted.length > 0 ? wanted : there;
  world.out('Querying brokers for log directories information');
  const answers = valuesOf(await admin.describeLogDirs(brokers));
  world.out(`Received log directory information from brokers ${brokers.join(',')}`);
  const told = [...answers].map(([broker, directories]) => ({
    broker,
    logDirs: [...directories].map(([path, directory]) => directoryFacts(path, directory, topics)),
  }));
  world.out(JSON.stringify({ brokers: told, version: 1 }));
}

function directoryFacts(path: string, directory: Outcome<LogDir>, topics: readonly string[]): Record<string, unknown> {
  if (directory instanceof KafkaError) {
    const [error] = javaError(directory).split(':', 1);
    return { partitions: [], error, logDir: path };
  }
  const wanted = directory.replicas.filter(({ topic }) => topics.length === 0 || topics.includes(topic));
  const partitions = hashOrder(wanted, partitionHash).map(({ topic, partition, sizeBytes, offsetLag, isFuture }) => ({
    partition: `${topic}-${partition}`,
    size: sizeBytes,
    offsetLag,
    isFuture,
  }));
  return { partitions, error: null, logDir: path };
}

function listIn(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((item) => item !== '');
}
