import { SeededRandom } from '../../base/seeded-random.ts';

/** What may befall brokers, links and disks. */
export const CLUSTER_FAULTS = [
  'kill',
  'killAll',
  'power',
  'powerAll',
  'pause',
  'freeze',
  'stop',
  'cut',
  'oneWay',
  'break',
  'slowLink',
  'clientCut',
  'slowDisk',
  'clock',
] as const;
export type ClusterFault = (typeof CLUSTER_FAULTS)[number];

/** What may befall the metadata store, and the ways to it. */
export const STORE_FAULTS = ['storeOut', 'storeCut', 'storeSlow', 'leaseLost', 'allLeasesLost', 'watchGap'] as const;
export type StoreFault = (typeof STORE_FAULTS)[number];

export type Fault = ClusterFault | StoreFault;

export const ADMIN_WORK = ['reassign', 'elect', 'configs', 'churn', 'partitions'] as const;
export type AdminWork = (typeof ADMIN_WORK)[number];

/** All that is decided by the seed before a run begins. */
export interface RunOptions {
  readonly brokers: number;
  readonly partitions: number;
  readonly flush: 'os' | 'group';
  /** How long faults happen, in virtual milliseconds. */
  readonly faultsMs: number;
  /** Mean pause between faults. */
  readonly paceMs: number;
  readonly faults: readonly Fault[];
  /** Faults wait until a client asks for this, and strike while it is decided. */
  readonly ambush: 'commitAsked' | 'offsetsAsked' | undefined;
  readonly adminWork: readonly AdminWork[];
  readonly producers: number;
  readonly transactional: number;
  readonly groups: readonly ('classic' | 'consumer')[];
  readonly hasPipeline: boolean;
  readonly delayMs: readonly [number, number];
  readonly wallOffsetsMs: readonly number[];
}

const SLOW_MS = 50;

/** Draws the options of a run. Each has some of the faults only, so that rare combinations come about. */
export function drawOptions(seed: number): RunOptions {
  const random = new SeededRandom(Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995);
  const some = <T>(all: readonly T[], least: number, most: number): T[] => {
    const left = [...all];
    const count = least + random.below(most - least + 1);
    return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)[0]!);
  };
  const brokers = random.below(5) === 0 ? 4 : 3;
  const delayMs = (
    [
      [0.1, 0.6],
      [0.1, 0.6],
      [1, 8],
      [5, 60],
    ] as const
  )[random.below(4)]!;
  return {
    brokers,
    partitions: 1 + random.below(2),
    flush: random.below(3) === 0 ? 'group' : 'os',
    faultsMs: 5_000 + random.below(8_000),
    paceMs: [500, 1500, 3000][random.below(3)]!,
    faults: some([...CLUSTER_FAULTS, ...STORE_FAULTS], 1, 5),
    adminWork: random.below(2) === 0 ? [] : some(ADMIN_WORK, 1, 3),
    producers: 1 + random.below(2),
    transactional: random.below(3),
    groups: [[], ['classic'], ['consumer'], ['classic', 'consumer']][random.below(4)] as ('classic' | 'consumer')[],
    // A copier's transactions are too many for links that are always slow.
    hasPipeline: random.below(4) === 0 && delayMs[1] < SLOW_MS,
    delayMs,
    wallOffsetsMs: Array.from({ length: brokers }, () => (random.below(3) === 0 ? random.below(4000) - 2000 : 0)),
    ambush: ([undefined, 'commitAsked', 'offsetsAsked'] as const)[random.below(3)],
  };
}
