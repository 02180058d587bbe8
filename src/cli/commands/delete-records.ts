import { KafkaError } from '../../client/client-error.ts';
import type { RecordsToDelete } from '../../client/admin/list-offsets.ts';
import { javaError } from '../tools/java-error.ts';
import { parseOptions, type OptionSpec } from '../tools/option-parser.ts';
import { propertiesFile, textOf } from '../tools/properties-file.ts';
import { toolAdmin } from '../tools/connect.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server(s) to use for bootstrapping', text: 'Required. Any broker of the cluster.' },
  'offset-json-file': {
    argument: 'Offset json file path',
    text: 'Required. {"partitions":[{"topic":"a","partition":0,"offset":1}],"version":1}: what lies before the offset goes.',
  },
  'command-config': { argument: 'command config property file path', text: 'A file of settings for the connection.' },
} as const satisfies Record<string, OptionSpec>;

const HIGH_WATERMARK = -1;

/** `kafka-delete-records`: deletes records before given offsets (DeleteRecordsCommand). */
export const deleteRecordsTool: Tool = {
  name: 'kafka-delete-records',
  async run(args, world) {
    const options = parseOptions<keyof typeof specs>(specs, args);
    const about = 'This tool helps to delete records of the given partitions down to the specified offset.';
    if (args.length === 0) throw usage(options, about);
    if (answersVersion(options, about, world)) return 0;
    requireOptions(options, ['bootstrap-server', 'offset-json-file']);
    const settings = propertiesFile(options.value('command-config'), world);
    const deletions = deletionsIn(fileText(options.value('offset-json-file') ?? '', world));
    const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings);
    try {
      world.out('Executing records delete operation');
      const results = await admin.deleteRecords(deletions);
      world.out('Records delete operation completed:');
      for (const { topic, partition } of deletions) {
        const result = results.get(topic)?.get(partition);
        if (result === undefined) continue;
        const told = result instanceof KafkaError ? `error: ${javaError(result)}` : `low_watermark: ${result}`;
        world.out(`partition: ${topic}-${partition}\t${told}`);
      }
      return 0;
    } finally {
      admin.close();
    }
  },
};

function fileText(path: string, world: ToolWorld): string {
  try {
    return textOf(path, world);
  } catch {
    throw new ToolFailure(`Unable to read file ${path}`);
  }
}

/** Reads the file's text. Throws with Kafka's words. */
export function deletionsIn(text: string): RecordsToDelete[] {
  const file = jsonIn(text) as { readonly version?: unknown; readonly partitions?: unknown } | null;
  const version = file?.version ?? 1;
  if (version !== 1) throw new ToolFailure(`Not supported version field value ${JSON.stringify(version)}`);
  if (!Array.isArray(file?.partitions)) throw new ToolFailure('Missing partitions field');
  const deletions = (file.partitions as readonly Readonly<Record<string, unknown>>[]).map(
    ({ topic, partition, offset }) => ({
      topic: String(topic),
      partition: Number(partition),
      before: offset === HIGH_WATERMARK ? ('latest' as const) : Number(offset),
    }),
  );
  const names = deletions.map(({ topic, partition }) => `${topic}-${partition}`);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  if (repeated.length > 0) {
    throw new ToolFailure(`Offset json file contains duplicate topic partitions: ${[...new Set(repeated)].join(',')}`);
  }
  return deletions;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ToolFailure('The input string is not a valid JSON');
  }
}
