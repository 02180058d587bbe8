import type { Admin } from '../../client/admin/admin.ts';
import type { FeatureUpgradeType } from '../../client/admin/describe-cluster.ts';
import { KafkaError } from '../../client/client-error.ts';
import { ArgumentFailure, parseArguments, type ArgumentCall, type ParsedArguments } from '../tools/argument-parser.ts';
import type { ArgumentGrammar, ArgumentSpec } from '../tools/argument-spec.ts';
import { toolAdmin } from '../tools/connect.ts';
import { javaError, javaMessage } from '../tools/java-error.ts';
import { propertiesFile } from '../tools/properties-file.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { dependencyText, levelsFor, levelText, METADATA_VERSION, metadataLevel } from './metadata-versions.ts';

const dryRun: ArgumentSpec = { flags: ['--dry-run'], action: 'switch', text: 'Checks and changes nothing.' };
const unsafe: ArgumentSpec = { flags: ['--unsafe'], action: 'switch', text: 'Goes on even if metadata may get lost.' };
const levels = (verb: string): readonly ArgumentSpec[] => [
  { flags: ['--metadata'], text: `The metadata version to ${verb} to; the former way, without --release-version.` },
  { flags: ['--release-version'], text: `The release to ${verb} all features to, such as 4.0-IV3 or 4.0.` },
  { flags: ['--feature'], action: 'append', text: 'A feature and its level: name=level. May be repeated.' },
];

const grammar: ArgumentGrammar = {
  program: 'kafka-features',
  about: 'Tells and changes the feature levels of a cluster.',
  options: [
    { flags: ['--bootstrap-server'], isExclusive: true, text: 'Any broker of the cluster, as host:port.' },
    { flags: ['--bootstrap-controller'], isExclusive: true, text: 'Any controller of the cluster, as host:port.' },
    { flags: ['--command-config'], text: 'A file of settings for the connection.' },
  ],
  subcommands: [
    {
      name: 'describe',
      text: 'Tells the features with their levels.',
      options: [{ flags: ['--node-id'], type: 'Integer', text: 'Asks this node in place of any.' }],
    },
    { name: 'upgrade', text: 'Raises levels.', options: [...levels('upgrade'), dryRun] },
    { name: 'downgrade', text: 'Lowers levels.', options: [...levels('downgrade'), unsafe, dryRun] },
    {
      name: 'disable',
      text: 'Takes features away: the same as lowering them to 0.',
      options: [{ flags: ['--feature'], action: 'append', text: 'The feature. May be repeated.' }, unsafe, dryRun],
    },
    {
      name: 'version-mapping',
      text: 'Tells the levels that go with a release; with the latest when none is given.',
      options: [{ flags: ['--release-version'], text: 'The release, from 3.3-IV3 on; 4.3-IV0 when left out.' }],
    },
    {
      name: 'feature-dependencies',
      text: 'Tells what a level of a feature needs.',
      options: [{ flags: ['--feature'], action: 'append', isRequired: true, text: 'name=level. May be repeated.' }],
    },
  ],
};

/** `kafka-features`: tells and changes feature levels (FeatureCommand). */
export const featuresTool: Tool = {
  name: 'kafka-features',
  async run(args, world) {
    const parsed = parse(args);
    if (parsed.kind === 'help') world.out(parsed.text);
    if (parsed.kind !== 'call') return 0;
    const { call } = parsed;
    switch (call.subcommand) {
      case 'version-mapping':
        tellMapping(call.value('release-version'), world);
        return 0;
      case 'feature-dependencies':
        for (const [feature, level] of call.values('feature').map(featureLevel))
          world.out(dependencyText(feature, level));
        return 0;
      default:
        return connected(call, world);
    }
  },
};

async function connected(call: ArgumentCall, world: ToolWorld): Promise<number> {
  const settings = propertiesFile(call.value('command-config'), world);
  const servers = call.value('bootstrap-server') ?? call.value('bootstrap-controller');
  if (servers === undefined) {
    throw lineError('You must specify either --bootstrap-controller or --bootstrap-server.');
  }
  const admin = toolAdmin(world, servers, settings);
  try {
    if (call.subcommand === 'describe') await describe(admin, call.number('node-id'), world);
    else await update(admin, call, world);
    return 0;
  } catch (error) {
    throw error instanceof KafkaError ? new ToolFailure(javaError(error)) : error;
  } finally {
    admin.close();
  }
}

function parse(args: readonly string[]): ParsedArguments {
  try {
    return parseArguments(grammar, args);
  } catch (error) {
    throw error instanceof ArgumentFailure ? lineError(error.complaint) : error;
  }
}

function lineError(complaint: string): ToolFailure {
  return new ToolFailure(`Command line error: ${complaint}. Type --help for help.`);
}

async function describe(admin: Admin, nodeId: number | undefined, world: ToolWorld): Promise<void> {
  const { supported, finalized, finalizedEpoch } = await admin.describeFeatures(
    nodeId === undefined ? {} : { brokerId: nodeId },
  );
  for (const [feature, { min, max }] of [...supported].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const facts = [
      `Feature: ${feature}`.padEnd(51),
      `SupportedMinVersion: ${levelText(feature, min)}`.padEnd(38),
      `SupportedMaxVersion: ${levelText(feature, max)}`.padEnd(38),
      `FinalizedVersionLevel: ${levelText(feature, finalized.get(feature)?.max ?? 0)}`.padEnd(40),
      `Epoch: ${finalizedEpoch < 0 ? '-' : finalizedEpoch}`,
    ];
    world.out(facts.join(''));
  }
}

function tellMapping(wanted: string | undefined, world: ToolWorld): void {
  const { release, levels: found } = levelsFor(wanted);
  for (const [feature, level] of found) {
    world.out(`${feature}=${level}${feature === METADATA_VERSION ? ` (${release})` : ''}`);
  }
}

/** `name=level`. Throws with Kafka's words. */
export function featureLevel(text: string): [string, number] {
  const at = text.indexOf('=');
  if (at < 0) throw new Error(`Can't parse feature=level string ${text}: equals sign not found.`);
  const level = text.slice(at + 1).trim();
  if (!/^[+-]?\d{1,5}$/.test(level) || Number(level) > 0x7fff || Number(level) < -0x8000) {
    throw new Error(`Can't parse feature=level string ${text}: unable to parse ${level} as a short.`);
  }
  return [text.slice(0, at).trim(), Number(level)];
}

/** The levels that a call asks for. Throws with Kafka's words. */
function wantedLevels(call: ArgumentCall, world: ToolWorld): Map<string, number> {
  const given = call.values('feature');
  const release = call.value('release-version');
  const metadata = call.value('metadata');
  if (release !== undefined) {
    if (metadata !== undefined || given.length > 0) {
      throw new Error('Can not specify `release-version` with other feature flags.');
    }
    return levelsFor(release).levels;
  }
  const wanted = new Map<string, number>();
  if (metadata !== undefined) {
    world.out(' `metadata` flag is deprecated and may be removed in a future release.');
    wanted.set(METADATA_VERSION, metadataLevel(metadata));
  }
  for (const text of given) {
    const [feature, level] = call.subcommand === 'disable' ? [text, 0] : featureLevel(text);
    if (wanted.has(feature)) throw new Error(`Feature ${feature} was specified more than once.`);
    wanted.set(feature, level);
  }
  return wanted;
}

async function update(admin: Admin, call: ArgumentCall, world: ToolWorld): Promise<void> {
  const { subcommand } = call;
  const wanted = wantedLevels(call, world);
  if (wanted.size === 0) throw new Error(`You must specify at least one feature to ${subcommand}`);
  const lowering: FeatureUpgradeType = call.has('unsafe') ? 'unsafe-downgrade' : 'safe-downgrade';
  const type = subcommand === 'upgrade' ? 'upgrade' : lowering;
  const isDry = call.has('dry-run');
  const updates = [...wanted].map(([feature, level]) => ({ feature, level, type }) as const);
  const outcomes = await admin.updateFeatures(updates, { validateOnly: isDry });
  let failures = 0;
  for (const [feature, level] of [...wanted].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const outcome = outcomes.get(feature);
    const isDisabling = subcommand === 'disable';
    if (outcome instanceof KafkaError) {
      const what = isDisabling ? `disable ${feature}` : `${subcommand} ${feature} to ${level}`;
      world.out(`${isDry ? 'Can not' : 'Could not'} ${what}. ${javaMessage(outcome)}`);
      failures++;
    } else {
      const what = isDisabling ? 'disabled.' : `${subcommand}d to ${level}.`;
      world.out(`${feature} ${isDry ? 'can be' : 'was'} ${what}`);
    }
  }
  if (failures > 0) throw new Error(`${failures} out of ${wanted.size} operation(s) failed.`);
}
