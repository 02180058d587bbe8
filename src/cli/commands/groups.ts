import type { GroupListing } from '../../client/admin/list-groups.ts';
import { toolAdmin } from '../tools/connect.ts';
import { listGroups } from '../tools/list-groups.ts';
import { javaMessage } from '../tools/java-error.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../tools/option-parser.ts';
import { propertiesFile } from '../tools/properties-file.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { answersVersion, commonOptions, forbidWith, orUsage, usage } from '../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server to connect to', isRequired: true, text: 'Any broker of the cluster.' },
  'command-config': { argument: 'command config property file', text: 'A file of settings for the connection.' },
  list: { text: 'Tells the groups.' },
  'group-type': { argument: 'type', text: 'Only groups of this type: classic, consumer, share or streams.' },
  protocol: { argument: 'protocol', text: 'Only groups with this protocol type.' },
  consumer: { text: 'Only groups of consumers of any kind, also those that only hold offsets.' },
  share: { text: 'Only share groups.' },
  streams: { text: 'Only streams groups.' },
} as const satisfies Record<string, OptionSpec>;

type GroupsOption = keyof typeof specs;

const TYPES = ['classic', 'consumer', 'share', 'streams'] as const;
const WIDTH_MIN = 20;
/** As Kafka's command, whatever `default.api.timeout.ms` says. */
const TIMEOUT_MS = 30_000;

/** `kafka-groups`: tells the groups of all types (GroupsCommand). */
export const groupsTool: Tool = {
  name: 'kafka-groups',
  async run(args, world) {
    const options = orUsage(specs, () => parseOptions<GroupsOption>(specs, args));
    const about = 'This tool helps to list groups of all types.';
    if (args.length === 0) throw usage(options, about);
    if (answersVersion(options, about, world)) return 0;
    if (!options.has('list')) throw usage(options, 'Command must include exactly one action: --list.');
    const type = options.value('group-type')?.toLowerCase();
    if (type !== undefined && !TYPES.some((known) => known === type)) {
      throw new Error('--group-type must be a valid group type.');
    }
    forbidWith(options, 'consumer', ['group-type', 'protocol', 'share', 'streams']);
    forbidWith(options, 'share', ['consumer', 'group-type', 'protocol', 'streams']);
    forbidWith(options, 'streams', ['consumer', 'group-type', 'protocol', 'share']);
    const settings = propertiesFile(options.value('command-config'), world);
    return list(options, type, settings, world);
  },
};

async function list(
  options: ParsedOptions<GroupsOption>,
  type: string | undefined,
  settings: ReadonlyMap<string, string>,
  world: ToolWorld,
): Promise<number> {
  const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings, TIMEOUT_MS);
  try {
    const filter = filterOf(options, type);
    const rows = (await listGroups(admin))
      .filter(filter)
      .map((group) => [group.groupId, typeName(group), group.protocolType]);
    const width = Math.max(WIDTH_MIN, ...rows.flat().map((text) => text.length));
    for (const row of [['GROUP', 'TYPE', 'PROTOCOL'], ...rows]) {
      world.out(row.map((text) => text.padEnd(width)).join(' '));
    }
    return 0;
  } catch (error) {
    world.out(`Error while executing groups command : ${javaMessage(error)}`);
    return 1;
  } finally {
    admin.close();
  }
}

function filterOf(options: ParsedOptions<GroupsOption>, type: string | undefined): (group: GroupListing) => boolean {
  const protocol = options.value('protocol');
  return (group) => {
    if (type !== undefined || protocol !== undefined) {
      return (type === undefined || group.type === type) && (protocol === undefined || group.protocolType === protocol);
    }
    if (options.has('consumer')) {
      return group.protocolType === 'consumer' || group.protocolType === '' || group.type === 'consumer';
    }
    if (options.has('share')) return group.type === 'share';
    return options.has('streams') ? group.type === 'streams' : true;
  };
}

/** As Kafka writes it: `Consumer`. */
function typeName({ type }: GroupListing): string {
  return type === 'unknown' ? '' : type.slice(0, 1).toUpperCase() + type.slice(1);
}
