import { mkdirSync, existsSync, statSync } from 'node:fs';
import { loadConfig } from '../../config/load.ts';
import { logDirectoryPaths } from '../../config/log-directories.ts';
import { randomUuid, readDirectoryIdentity, writeDirectoryIdentity } from '../../log/directories/directory-files.ts';
import { nodeDisk } from '../../runtime/node-disk.ts';
import { parseArguments, type ArgumentCall } from '../tools/argument-parser.ts';
import type { ArgumentGrammar, ArgumentSpec } from '../tools/argument-spec.ts';
import { javaFailure, uncaught } from '../tools/java-failure.ts';
import { MissingFile, textOf } from '../tools/properties-file.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';

const RELEASE = '4.3-IV0';
const config: ArgumentSpec = { flags: ['--config', '-c'], isRequired: true, text: 'The settings of the broker.' };
const NO_EFFECT = 'Accepted; Posthorn keeps no such thing in its directories.';

const grammar: ArgumentGrammar = {
  program: 'kafka-storage',
  about: 'Looks at and prepares the directories of a broker.',
  options: [],
  subcommands: [
    { name: 'info', text: 'Tells what the directories are.', options: [config] },
    {
      name: 'format',
      text: 'Prepares directories. Posthorn does so by itself at the first start.',
      options: [
        config,
        { flags: ['--cluster-id', '-t'], isRequired: true, text: 'The id of the cluster.' },
        { flags: ['--add-scram', '-S'], action: 'append', text: NO_EFFECT },
        { flags: ['--ignore-formatted', '-g'], action: 'switch', text: 'Leaves alone what is prepared already.' },
        { flags: ['--release-version', '-r'], text: NO_EFFECT },
        { flags: ['--feature', '-f'], action: 'append', text: NO_EFFECT },
        { flags: ['--standalone', '-s'], action: 'switch', isExclusive: true, text: NO_EFFECT },
        { flags: ['--no-initial-controllers', '-N'], action: 'switch', isExclusive: true, text: NO_EFFECT },
        { flags: ['--initial-controllers', '-I'], isExclusive: true, text: NO_EFFECT },
      ],
    },
    { name: 'random-uuid', text: 'Prints an id.', options: [] },
  ],
};

/** `kafka-storage` (StorageTool), as far as Posthorn's directories have it: info, format, random-uuid. */
export const storageTool: Tool = {
  name: 'kafka-storage',
  run(args, world) {
    const parsed = parseArguments(grammar, args);
    if (parsed.kind !== 'call') {
      if (parsed.kind === 'help') world.out(parsed.text);
      return Promise.resolve(0);
    }
    const { call } = parsed;
    if (call.subcommand === 'random-uuid') {
      world.out(randomUuid(world.runtime.random));
      return Promise.resolve(0);
    }
    return Promise.resolve(call.subcommand === 'info' ? info(call, world) : format(call, world));
  },
};

function settingsIn(call: ArgumentCall, world: ToolWorld) {
  const path = call.value('config') ?? '';
  try {
    const loaded = loadConfig({ file: { name: path, text: textOf(path, world) } });
    return { nodeId: loaded.config.get('node.id') ?? 1, directories: logDirectoryPaths(loaded.config).toSorted() };
  } catch (error) {
    if (error instanceof MissingFile) throw uncaught(error);
    throw new ToolFailure(error instanceof Error ? error.message : String(error));
  }
}

function info(call: ArgumentCall, world: ToolWorld): number {
  const { directories } = settingsIn(call, world);
  const problems: string[] = [];
  const found: string[] = [];
  let metadata: string | undefined;
  let clusterId: string | undefined;
  for (const directory of directories) {
    if (!existsSync(directory)) problems.push(`${directory} does not exist`);
    else if (!statSync(directory).isDirectory()) problems.push(`${directory} is not a directory`);
    else {
      found.push(directory);
      const identity = readDirectoryIdentity(nodeDisk, directory);
      if (identity === undefined) problems.push(`${directory} is not formatted.`);
      else if (clusterId === undefined) {
        clusterId = identity.clusterId;
        metadata = `{cluster.id=${identity.clusterId}, directory.id=${identity.directoryId}, node.id=${identity.nodeId}, version=1}`;
      } else if (clusterId !== identity.clusterId) {
        problems.push('Mismatched cluster IDs between storage directories.');
      }
    }
  }
  tell(world, 'log director', ['y', 'ies'], found);
  if (metadata !== undefined) world.out(`Found metadata: ${metadata}\n`);
  tell(world, 'problem', ['', 's'], problems);
  return problems.length === 0 ? 0 : 1;
}

function tell(world: ToolWorld, what: string, [one, many]: readonly [string, string], items: readonly string[]): void {
  if (items.length === 0) return;
  world.out(`Found ${what}${items.length === 1 ? one : many}:`);
  for (const item of items) world.out(`  ${item}`);
  world.out('');
}

function format(call: ArgumentCall, world: ToolWorld): number {
  const { nodeId, directories } = settingsIn(call, world);
  const clusterId = call.value('cluster-id') ?? '';
  const open: string[] = [];
  for (const directory of directories) {
    const identity = existsSync(directory) ? readDirectoryIdentity(nodeDisk, directory) : undefined;
    if (identity === undefined) {
      open.push(directory);
      continue;
    }
    if (identity.clusterId !== clusterId) {
      const text = `Invalid cluster.id in: ${directory}/meta.properties. Expected ${clusterId}, but read ${identity.clusterId}`;
      throw uncaught(javaFailure('java.lang.RuntimeException', text));
    }
    if (!call.has('ignore-formatted')) {
      throw new ToolFailure(
        `Log directory ${directory} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`,
      );
    }
  }
  if (open.length === 0) world.out('All of the log directories are already formatted.');
  for (const directory of open) {
    world.out(`Formatting data directory ${directory} with metadata.version ${RELEASE}.`);
    mkdirSync(directory, { recursive: true });
    const directoryId = randomUuid(world.runtime.random);
    writeDirectoryIdentity(nodeDisk, directory, { nodeId, clusterId, directoryId });
  }
  return 0;
}
