import type { StoreEntry } from './metadata-store.ts';
import type { PartitionRecord, TopicRecord } from './records.ts';

type Shape = 'whole' | 'wholes' | 'text' | 'texts' | 'flag' | 'map' | 'list' | 'text or null' | 'whole or null';

/** What each kind of entry must hold; a kind without fields is any text. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>> | 'any'>> = {
  meta: { clusterId: 'text', format: 'whole', features: 'map' },
  ctl: { brokerId: 'whole' },
  pid: { next: 'whole' },
  b: { incarnation: 'text', endpoints: 'list', rack: 'text or null', logDirs: 'texts' },
  bs: { incarnation: 'text', endpoints: 'list', rack: 'text or null', logDirs: 'texts', epoch: 'whole or null' },
  live: { incarnation: 'text' },
  sus: { brokerEpoch: 'whole' },
  exp: {},
  t: { id: 'text', partitions: 'whole' },
  p: {
    leader: 'whole',
    leaderEpoch: 'whole',
    partitionEpoch: 'whole',
    replicas: 'wholes',
    isr: 'wholes',
    elr: 'wholes',
    lastKnownElr: 'wholes',
    adding: 'wholes',
    removing: 'wholes',
    recovering: 'flag',
  },
  del: { name: 'text', partitions: 'whole' },
  dirs: { known: 'list', lost: 'map' },
  c: {},
  q: { entity: 'list', values: 'map' },
  scram: { salt: 'text', storedKey: 'text', serverKey: 'text', iterations: 'whole' },
  acl: 'any',
};

/** Kinds that matter only to brokers that run, most of them on leases: they are never moved. */
export const PASSING_KINDS: ReadonlySet<string> = new Set(['b', 'live', 'sus', 'exp', 'ctl']);

export function kindOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}

/** An entry by its key and text, as a store holds it or an export brings it. */
export type Content = Pick<StoreEntry, 'key' | 'value'>;

/** What is wrong with the contents of a store, one sentence each: malformed records, topics without all partitions, unknown replicas. */
export function checkContents(contents: readonly Content[]): string[] {
  const faults: string[] = [];
  const records = new Map<string, unknown>();
  for (const { key, value } of contents) {
    const record = parsed(value);
    const fault = shapeFault(kindOf(key), record);
    if (fault === undefined) records.set(key, record);
    else faults.push(`${key}: ${fault}`);
  }
  if (contents.length > 0 && !contents.some(({ key }) => key === 'meta'))
    faults.push('meta: missing, so this is no cluster');
  faults.push(...partitionFaults(records));
  return faults;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function shapeFault(kind: string, record: unknown): string | undefined {
  const shape = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined;
  if (shape === undefined) return 'a kind of entry that Posthorn does not have';
  if (shape === 'any') return undefined;
  if (typeof record !== 'object' || record === null) return 'is no JSON object';
  for (const [field, wanted] of Object.entries(shape)) {
    if (!fits(wanted, (record as Record<string, unknown>)[field])) return `${field} is not ${wanted}`;
  }
  return undefined;
}

function fits(shape: Shape, value: unknown): boolean {
  switch (shape) {
    case 'whole':
      return Number.isSafeInteger(value);
    case 'whole or null':
      return value === null || Number.isSafeInteger(value);
    case 'wholes':
      return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each));
    case 'text':
      return typeof value === 'string';
    case 'text or null':
      return value === null || typeof value === 'string';
    case 'texts':
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
    case 'flag':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
    case 'map':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return shape satisfies never;
  }
}

function partitionFaults(records: ReadonlyMap<string, unknown>): string[] {
  const faults: string[] = [];
  const brokers = new Set<number>();
  for (const key of records.keys()) {
    if (['b', 'bs', 'dirs'].includes(kindOf(key))) brokers.add(Number(key.slice(key.indexOf('/') + 1)));
  }
  for (const [key, record] of records) {
    if (kindOf(key) === 't') {
      const { id, partitions } = record as TopicRecord;
      for (let index = 0; index < partitions; index++) {
        if (!records.has(`p/${id}/${index}`)) faults.push(`${key}: the record of partition ${index} is missing`);
      }
    } else if (kindOf(key) === 'p') {
      faults.push(...replicaFaults(record as PartitionRecord, brokers).map((fault) => `${key}: ${fault}`));
    }
  }
  return faults;
}

function replicaFaults(partition: PartitionRecord, brokers: ReadonlySet<number>): string[] {
  const { leader, leaderEpoch, partitionEpoch, replicas, isr, elr } = partition;
  const faults: string[] = [];
  if (replicas.length === 0) faults.push('has no replicas');
  if (new Set(replicas).size < replicas.length) faults.push('names a replica twice');
  if (leader !== -1 && !isr.includes(leader)) faults.push(`its leader ${leader} is not in sync`);
  for (const [name, set] of [
    ['isr', isr],
    ['elr', elr],
  ] as const) {
    const strange = set.filter((id) => !replicas.includes(id));
    if (strange.length > 0) faults.push(`${name} names ${strange.join(', ')}, which are no replicas`);
  }
  if (elr.some((id) => isr.includes(id))) faults.push('isr and elr overlap');
  if (leaderEpoch < 0 || partitionEpoch < 0) faults.push('has a negative epoch');
  const unknown = replicas.filter((id) => !brokers.has(id));
  if (unknown.length > 0) faults.push(`no broker ${unknown.join(', ')} is known`);
  return faults;
}
