import type { Admin } from '../../../client/admin/admin.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import { planRebalance, type ClusterLayout, type PlannedMove } from '../../../controller/rebalance-plan.ts';
import { toolAdmin } from '../../tools/connect.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../../tools/option-parser.ts';
import { answersHelp, OWN_TIMEOUT_MS, ownFailure, ownOptions, refuseWords } from '../../tools/own-help.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { nodeScreen, type Screen } from '../../tools/screen.ts';
import { tableText } from '../../tools/table-text.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { loadsOf, readLayout } from './rebalance-layout.ts';
import { Mover } from './rebalance-moves.ts';

const specs = {
  ...ownOptions,
  plan: { text: 'Shows what would be moved, and moves nothing. This is what happens without another order.' },
  apply: { text: 'Moves it.' },
  drain: {
    argument: 'id,id',
    text: 'Brokers that are to lose all they have, and get nothing new (cordoned.log.dirs=*).',
  },
  retire: { argument: 'id', text: 'Removes the registration of a broker that was drained and stopped.' },
  batch: { argument: 'number', type: 'Integer', fallback: '20', text: 'Partitions that move at a time.' },
  throttle: { argument: 'bytes', type: 'Long', text: 'Bytes per second that each broker may spend on moves.' },
  json: { text: 'One JSON object: the moves, and what each broker has before and after.' },
} as const satisfies Record<string, OptionSpec>;

type RebalanceOption = keyof typeof specs;

const ABOUT = `Spreads replicas and leaderships evenly over the brokers: after a broker came, or before one goes.
`;
const CORDONED = 'cordoned.log.dirs';
const ALL = '*';

interface Work {
  readonly admin: Admin;
  readonly options: ParsedOptions<RebalanceOption>;
  readonly world: ToolWorld;
  readonly screen: Screen;
}

/** `posthorn rebalance`: plans and makes moves for a new broker, drains one and lets it go. */
export function rebalanceOn(screen: Screen): Tool {
  return {
    name: 'rebalance',
    async run(args, world) {
      const options = parseOptions<RebalanceOption>(specs, args);
      if (answersHelp(options.has('help'), world, { specs, about: ABOUT })) return 0;
      refuseWords(options.words);
      if (options.has('plan') && options.has('apply')) throw new ToolFailure('--plan or --apply, not both');
      const bootstrapServers = options.value('bootstrap-server') ?? '';
      const settings = propertiesFile(options.value('command-config'), world);
      const admin = toolAdmin(world, bootstrapServers, settings, OWN_TIMEOUT_MS);
      const work = { admin, options, world, screen };
      try {
        await (options.has('retire') ? retire(work) : options.has('apply') ? apply(work) : plan(work));
        return 0;
      } catch (error) {
        throw ownFailure(error, bootstrapServers);
      } finally {
        admin.close();
      }
    },
  };
}

export const rebalanceTool: Tool = rebalanceOn(nodeScreen());

async function plan({ admin, options, world }: Work): Promise<void> {
  const layout = await readLayout(admin, drained(options));
  refuseUnknown(layout, drained(options));
  show(layout, planRebalance(layout), options.has('json'), world);
}

async function apply({ admin, options, world, screen }: Work): Promise<void> {
  const emptied = drained(options);
  const batch = positive(options.integer('batch'), '--batch') ?? 1;
  const throttle = positive(numberOf(options.value('throttle')), '--throttle');
  const before = await readLayout(admin, new Set());
  refuseUnknown(before, emptied);
  const stopping = new AbortController();
  world.onStop(() => stopping.abort());
  const mover = new Mover({ admin, world, screen, batch, throttle, gone: stopping.signal });
  await cordon(admin, before, emptied);
  await mover.finishOngoing();
  const layout = await readLayout(admin, emptied);
  const moves = planRebalance(layout);
  show(layout, moves, options.has('json'), world);
  await mover.carryOut(moves);
  if (!options.has('json') && moves.length > 0) world.out(`moved ${moves.length} ${partitionWord(moves.length)}`);
  const { partitions } = await readLayout(admin, emptied);
  const left = partitions.filter(({ replicas }) => replicas.some((id) => emptied.has(id))).length;
  if (left > 0) {
    throw new ToolFailure(`nobody can take ${left} ${partitionWord(left)}: there are too few other brokers`);
  }
}

/** From now on nothing new is placed there. A broker that is down gets nothing anyway, and cannot be asked. */
async function cordon(admin: Admin, { brokers }: ClusterLayout, emptied: ReadonlySet<number>): Promise<void> {
  const changes = [{ name: CORDONED, operation: 'set' as const, value: ALL }];
  const running = brokers.filter(({ id, use }) => emptied.has(id) && use === 'balanced');
  const alterations = running.map(({ id }) => ({ type: 'broker' as const, name: String(id), changes }));
  if (alterations.length > 0) valuesOf(await admin.alterConfigs(alterations));
}

async function retire({ admin, options, world }: Work): Promise<void> {
  const id = numberOf(options.value('retire'));
  const { brokers, partitions } = await readLayout(admin, new Set());
  const broker = brokers.find((each) => each.id === id);
  if (id === undefined || broker === undefined) throw new ToolFailure(`there is no broker ${options.value('retire')}`);
  const left = partitions.filter(({ replicas }) => replicas.includes(id)).length;
  if (left > 0) {
    const remedy = `posthorn rebalance --drain ${id} --apply moves them away`;
    throw new ToolFailure(`broker ${id} has replicas of ${left} ${partitionWord(left)}: ${remedy}`);
  }
  if (broker.use === 'balanced') throw new ToolFailure(`broker ${id} runs: stop it first`);
  await admin.unregisterBroker(id);
  world.out(`broker ${id} belongs to the cluster no more`);
}

function show(layout: ClusterLayout, moves: readonly PlannedMove[], isJson: boolean, world: ToolWorld): void {
  const brokers = loadsOf(layout, moves);
  if (isJson) {
    world.out(JSON.stringify({ moves, brokers }));
    return;
  }
  if (moves.length > 0) {
    const rows = moves.map(({ topic, partition, from, to }) => [`${topic}-${partition}`, from.join(','), to.join(',')]);
    world.out(`${tableText(['PARTITION', 'FROM', 'TO'], rows, '  ')}\n`);
  }
  const rows = brokers.map(({ broker, rack, replicas, leaders }) => [
    String(broker),
    rack ?? '-',
    changeText(replicas),
    changeText(leaders),
  ]);
  world.out(tableText(['BROKER', 'RACK', 'REPLICAS', 'LEADERS'], rows, '  '));
  const total = layout.partitions.length;
  world.out(moves.length === 0 ? 'nothing to move' : `${moves.length} of ${total} ${partitionWord(total)} to move`);
}

function changeText({ before, after }: { before: number; after: number }): string {
  return before === after ? String(before) : `${before} -> ${after}`;
}

function drained(options: ParsedOptions<RebalanceOption>): ReadonlySet<number> {
  const text = options.value('drain');
  return new Set(text?.split(',').map((id) => positiveOrZero(id)));
}

function positiveOrZero(text: string): number {
  if (!/^\d+$/.test(text)) throw new ToolFailure('--drain takes ids of brokers with commas between');
  return Number(text);
}

function refuseUnknown({ brokers }: ClusterLayout, ids: ReadonlySet<number>): void {
  for (const id of ids) {
    if (!brokers.some((each) => each.id === id)) throw new ToolFailure(`there is no broker ${id}`);
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function positive(value: number | undefined, flag: string): number | undefined {
  if (value !== undefined && !(value >= 1)) throw new ToolFailure(`${flag} takes a number, 1 or more`);
  return value;
}

function partitionWord(count: number): string {
  return count === 1 ? 'partition' : 'partitions';
}
