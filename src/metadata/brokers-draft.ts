import { Malformed } from '../base/malformed.ts';
import type { Uuid } from '../base/uuid.ts';
import type { BrokerImage, BrokerState, ClusterImage, Suspicions } from './cluster-image.ts';
import type { StoreEntry } from './metadata-store.ts';
import {
  parseRecord,
  type BrokerRecord,
  type BrokerStateRecord,
  type LiveRecord,
  type SuspicionRecord,
} from './records.ts';
import { numberInKey } from './store-keys.ts';

type BrokerKind = 'b' | 'live' | 'bs' | 'sus';

interface Registration {
  readonly record: BrokerRecord;
  readonly epoch: number;
  readonly lease: StoreEntry['lease'];
}

interface Life {
  readonly incarnation: Uuid;
  readonly revision: number;
}

/** What a batch says of one broker; a part that is there but undefined is gone. */
interface BrokerChanges {
  registration?: Registration | undefined;
  life?: Life | undefined;
  state?: BrokerState | undefined;
}

/** The brokers of the next image: each is made of its registration, its being unfenced, and what outlasts both. */
export class BrokersDraft {
  readonly #before: Pick<ClusterImage, 'brokers' | 'suspicions'>;
  readonly #changes = new Map<number, BrokerChanges>();
  #suspicions: Map<number, Suspicions> | undefined;

  constructor(before: Pick<ClusterImage, 'brokers' | 'suspicions'>) {
    this.#before = before;
  }

  /** Takes an entry, or its removal; `rest` is its key without the kind. Throws {@link Malformed}. */
  apply(kind: BrokerKind, rest: string, entry: StoreEntry | undefined): void {
    if (kind === 'sus') return this.#applySuspicion(rest, entry);
    const id = numberInKey(`${kind}/${rest}`, rest);
    let changes = this.#changes.get(id);
    if (changes === undefined) this.#changes.set(id, (changes = {}));
    switch (kind) {
      case 'b':
        changes.registration = entry && {
          record: parseRecord(entry.key, entry.value) as BrokerRecord,
          epoch: entry.createRevision,
          lease: entry.lease,
        };
        return;
      case 'live':
        changes.life = entry && {
          incarnation: (parseRecord(entry.key, entry.value) as LiveRecord).incarnation,
          revision: entry.createRevision,
        };
        return;
      case 'bs':
        changes.state = entry && stateOf(entry);
        return;
      default:
        kind satisfies never;
    }
  }

  finish(): Pick<ClusterImage, 'brokers' | 'suspicions'> {
    const suspicions = this.#suspicions ?? this.#before.suspicions;
    if (this.#changes.size === 0) return { brokers: this.#before.brokers, suspicions };
    const brokers = new Map(this.#before.brokers);
    for (const [id, changes] of this.#changes) {
      const broker = next(id, brokers.get(id), changes);
      if (broker === undefined) brokers.delete(id);
      else brokers.set(id, broker);
    }
    return { brokers, suspicions };
  }

  #applySuspicion(rest: string, entry: StoreEntry | undefined): void {
    const slash = rest.indexOf('/');
    if (slash < 0) throw new Malformed(`unknown metadata entry sus/${rest}`);
    const target = numberInKey(rest, rest.slice(0, slash));
    const reporter = numberInKey(rest, rest.slice(slash + 1));
    this.#suspicions ??= new Map(this.#before.suspicions);
    const reports = new Map(this.#suspicions.get(target));
    if (entry === undefined) reports.delete(reporter);
    else reports.set(reporter, (parseRecord(entry.key, entry.value) as SuspicionRecord).brokerEpoch);
    if (reports.size === 0) this.#suspicions.delete(target);
    else this.#suspicions.set(target, reports);
  }
}

function stateOf(entry: StoreEntry): BrokerState {
  const record = parseRecord(entry.key, entry.value) as BrokerStateRecord;
  return { ...record, epoch: record.epoch ?? entry.modRevision };
}

function next(id: number, former: BrokerImage | undefined, changes: BrokerChanges): BrokerImage | undefined {
  const registration = 'registration' in changes ? changes.registration : formerRegistration(former);
  const life = 'life' in changes ? changes.life : formerLife(former);
  const state = 'state' in changes ? changes.state : former?.state;
  if (registration === undefined) return state && absent(id, state);
  const { record, epoch, lease } = registration;
  const liveRevision = life?.incarnation === record.incarnation ? life.revision : 0;
  return { ...record, id, epoch, lease, state, liveRevision, fenced: liveRevision === 0, isPresent: true };
}

function absent(id: number, state: BrokerState): BrokerImage {
  const { incarnation, endpoints, rack, logDirs, epoch } = state;
  return {
    id,
    incarnation,
    endpoints,
    rack,
    logDirs,
    epoch,
    state,
    machine: '',
    ready: false,
    shuttingDown: false,
    cleanEpoch: -1,
    fenced: true,
    isPresent: false,
    liveRevision: 0,
    lease: undefined,
  };
}

function formerRegistration(former: BrokerImage | undefined): Registration | undefined {
  if (!former?.isPresent) return undefined;
  const { incarnation, endpoints, rack, logDirs, machine, ready, shuttingDown, cleanEpoch, epoch, lease } = former;
  const record = { incarnation, endpoints, rack, logDirs, machine, ready, shuttingDown, cleanEpoch };
  return { record, epoch, lease };
}

function formerLife(former: BrokerImage | undefined): Life | undefined {
  if (former === undefined || former.fenced) return undefined;
  return { incarnation: former.incarnation, revision: former.liveRevision };
}
