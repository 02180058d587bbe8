import { SeededRandom } from '../../base/seeded-random.ts';
import { SCHEDULE_MS, SCHEDULES, type Schedule } from './schedules.ts';
import { CLEANED_TOPICS, type CleanedTopic } from './cleaned-topics.ts';

/** What may befall brokers and links. */
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

/** What may befall what lies on disks. */
export const DISK_FAULTS = ['diskFails', 'diskFull', 'wipe'] as const;
export type DiskFault = (typeof DISK_FAULTS)[number];

/** What may befall the metadata store, and the ways to it. */
export const STORE_FAULTS = ['storeOut', 'storeCut', 'storeSlow', 'leaseLost', 'allLeasesLost', 'watchGap'] as const;
export type StoreFault = (typeof STORE_FAULTS)[number];

export type Fault = ClusterFault | DiskFault | StoreFault;

export function isStoreFault(fault: Fault): fault is StoreFault {
  return (STORE_FAULTS as readonly Fault[]).includes(fault);
}

export function isDiskFault(fault: Fault): fault is DiskFault {
  return (DISK_FAULTS as readonly Fault[]).includes(fault);
}

export const ADMIN_WORK = ['reassign', 'elect', 'configs', 'churn', 'partitions', 'deleteRecords'] as const;
export type AdminWork = (typeof ADMIN_WORK)[number];

/** All that is decided by the seed before a run begins. */
export interface RunOptions {
  readonly brokers: number;
  readonly partitions: number;
  /** Log directories of each broker, each on a disk of its own. */
  readonly directories: number;
  readonly flush: 'os' | 'group';
  /** How long faults happen, in virtual milliseconds. */
  readonly faultsMs: number;
  /** Mean pause between faults. */
  readonly paceMs: number;
  readonly faults: readonly Fault[];
  /** Begins with the faults, and goes on beside them. */
  readonly schedule: Schedule | undefined;
  /** Faults wait until a client asks for this, and strike while it is decided. */
  readonly ambush: 'commitAsked' | 'offsetsAsked' | undefined;
  readonly adminWork: readonly AdminWork[];
  /** Longest pause between two works of the admin. */
  readonly adminPauseMs: number;
  readonly producers: number;
  readonly transactional: number;
  readonly groups: readonly ('classic' | 'consumer')[];
  readonly hasPipeline: boolean;
  /** Topics that retention and the cleaner are at work on. */
  readonly cleaned: readonly CleanedTopic[];
  readonly delayMs: readonly [number, number];
  readonly wallOffsetsMs: readonly number[];
}

const SLOW_MS = 50;

/** Draws the options of a run. Each has some of the faults only, so that rare combinations come about. */
export function drawOptions(seed: number): RunOptions {
  const random = new SeededRandom(Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995);
  const directories = random.below(3) === 0 ? 2 : 1;
  const brokers = random.below(5) === 0 ? 4 : 3;
  const delayMs = (
    [
      [0.1, 0.6],
      [0.1, 0.6],
      [1, 8],
      [5, 60],
    ] as const
  )[random.below(4)]!;
  const schedule = random.below(6) === 0 ? SCHEDULES[random.below(SCHEDULES.length)] : undefined;
  return {
    brokers,
    partitions: 1 + random.below(2),
    flush: random.below(3) === 0 ? 'group' : 'os',
    faultsMs: schedule === undefined ? 5_000 + random.below(8_000) : SCHEDULE_MS,
    paceMs: [500, 1500, 3000][random.below(3)]! * (schedule === undefined ? 1 : 4),
    schedule,
    directories,
    faults: [
      ...some(random, [...CLUSTER_FAULTS, ...STORE_FAULTS], 1, 5),
      ...(random.below(3) === 0 ? drawDiskFaults(random, directories) : []),
    ],
    adminWork: schedule === 'remade' ? ['churn'] : random.below(2) === 0 ? [] : some(random, ADMIN_WORK, 1, 3),
    adminPauseMs: schedule === 'remade' ? 800 : 3000,
    producers: 1 + random.below(2),
    transactional: random.below(3),
    groups: [[], ['classic'], ['consumer'], ['classic', 'consumer']][random.below(4)] as ('classic' | 'consumer')[],
    // A copier's transactions are too many for links that are always slow.
    hasPipeline: random.below(4) === 0 && delayMs[1] < SLOW_MS,
    cleaned: random.below(4) === 0 ? some(random, CLEANED_TOPICS, 1, 3) : [],
    delayMs,
    wallOffsetsMs: Array.from({ length: brokers }, () => (random.below(3) === 0 ? random.below(4000) - 2000 : 0)),
    ambush: ([undefined, 'commitAsked', 'offsetsAsked'] as const)[random.below(3)],
  };
}

/** A broker with several directories keeps what lies in one that is gone offline until an operator decides. */
function drawDiskFaults(random: SeededRandom, directories: number): DiskFault[] {
  return some(random, directories === 1 ? DISK_FAULTS : (['diskFails', 'diskFull'] as const), 1, 2);
}

/** From `least` to `most` of them, each at most once. */
function some<T>(random: SeededRandom, all: readonly T[], least: number, most: number): T[] {
  const left = [...all];
  const count = least + random.below(most - least + 1);
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)[0]!);
}
