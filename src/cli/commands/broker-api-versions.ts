import type { Admin } from '../../client/admin/admin.ts';
import type { BrokerDescription } from '../../client/admin/describe-cluster.ts';
import { apiTable } from '../../protocol/api-table.ts';
import { toolAdmin } from '../tools/connect.ts';
import { javaMessage } from '../tools/java-error.ts';
import { hashOrder, stringHash } from '../tools/java-text.ts';
import { parseOptions, type OptionSpec } from '../tools/option-parser.ts';
import { propertiesFile } from '../tools/properties-file.ts';
import type { Tool } from '../tools/tool.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server(s) to use for bootstrapping', text: 'Required. Any broker of the cluster.' },
  'command-config': { argument: 'command config property file', text: 'A file of settings for the connection.' },
} as const satisfies Record<string, OptionSpec>;

const HASH_FACTOR = 31;
/** Boolean.hashCode of false. */
const FALSE_HASH = 1237;
/** What brokers ask of each other for share groups, at the listeners of clients. */
const SHARE_STATE = { first: 83, last: 87 } as const;

type Versions = ReadonlyMap<number, { readonly min: number; readonly max: number }>;

/** `kafka-broker-api-versions`: tells which versions of which requests each broker serves (BrokerApiVersionsCommand). */
export const brokerApiVersionsTool: Tool = {
  name: 'kafka-broker-api-versions',
  async run(args, world) {
    const options = parseOptions<keyof typeof specs>(specs, args);
    const about = 'This tool helps to retrieve broker version information.';
    if (args.length === 0) throw usage(options, about);
    if (answersVersion(options, about, world)) return 0;
    requireOptions(options, ['bootstrap-server']);
    const settings = propertiesFile(options.value('command-config'), world);
    const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings);
    try {
      const { brokers } = await admin.describeCluster();
      for (const broker of hashOrder(brokers, nodeHash))
        world.out(`${nodeText(broker)} -> ${await told(admin, broker)}`);
      return 0;
    } finally {
      admin.close();
    }
  },
};

async function told(admin: Admin, { nodeId }: BrokerDescription): Promise<string> {
  try {
    return versionsText(await admin.describeApiVersions(nodeId));
  } catch (error) {
    return `ERROR: ${javaMessage(error)}`;
  }
}

/** As Node.toString of Java. */
function nodeText({ nodeId, host, port, rack }: BrokerDescription): string {
  return `${host}:${port} (id: ${nodeId} rack: ${rack} isFenced: false)`;
}

/** As Node.hashCode of Java. */
function nodeHash({ nodeId, host, port, rack }: BrokerDescription): number {
  const parts = [stringHash(host), nodeId, port, rack === null ? 0 : stringHash(rack), FALSE_HASH];
  return parts.reduce((hash, part) => (Math.imul(hash, HASH_FACTOR) + part) | 0, 1);
}

/** All requests by key: those that the broker serves, and those of clients that it does not. */
export function versionsText(versions: Versions): string {
  const known = [...apiTable.values()].filter(
    ({ key, callers }) => callers === 'clients' || (key >= SHARE_STATE.first && key <= SHARE_STATE.last),
  );
  const keys = [...new Set([...known.map(({ key }) => key), ...versions.keys()])].toSorted((a, b) => a - b);
  return `(\n${keys.map((key) => `\t${lineOf(key, versions)}`).join(',\n')}\n)`;
}

function lineOf(key: number, versions: Versions): string {
  const ours = apiTable.get(key);
  const theirs = versions.get(key);
  const name = `${ours?.name ?? 'UNKNOWN'}(${key})`;
  if (theirs === undefined) return `${name}: UNSUPPORTED`;
  const range = theirs.min === theirs.max ? String(theirs.min) : `${theirs.min} to ${theirs.max}`;
  if (ours === undefined) return `${name}: ${range}`;
  const newest = Math.min(ours.stableMax, theirs.max);
  if (newest >= Math.max(ours.min, theirs.min)) return `${name}: ${range} [usable: ${newest}]`;
  return `${name}: ${range} [unusable: node too ${theirs.min > ours.stableMax ? 'new' : 'old'}]`;
}
