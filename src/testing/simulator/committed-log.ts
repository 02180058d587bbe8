import {
  baseOffset,
  baseSequence,
  batchCrc,
  isControl,
  isTransactional,
  nextOffset,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
} from '../../records/batch.ts';
import { decodeRecords, type DecodedRecord } from '../../records/batch-records.ts';
import { ControlType, readControlType } from '../../records/control-records.ts';
import type { Upkeep } from './cleaned-topics.ts';
import { KeptRecords } from './kept-records.ts';

/** A batch that was below a high watermark once: it must never be anything else. */
interface CommittedBatch {
  readonly base: number;
  readonly next: number;
  readonly leaderEpoch: number;
  readonly crc: number;
}

interface ProducerPlace {
  epoch: number;
  /** Sequence that its next batch has. */
  next: number;
}

const SEQUENCES = 2 ** 31;

/** How each transaction, by producer id and epoch, ended in the partitions that it wrote to. */
export type TransactionEnds = Map<string, { readonly type: ControlType; readonly where: string }>;

/** What was committed of one partition so far, as the replicas showed it. */
export class CommittedLog {
  readonly name: string;
  /** Everything below was committed. */
  end = 0;
  /** What a replica knew to be committed whose disk failed before it could be looked at. */
  claimedEnd = 0;
  readonly #batches: CommittedBatch[] = [];
  readonly #producers = new Map<number, ProducerPlace>();
  /** The epoch of each producer's open transaction. */
  readonly #open = new Map<number, number>();
  readonly #ends: TransactionEnds;
  readonly upkeep: Upkeep;
  readonly #told: ((records: readonly DecodedRecord[]) => void) | undefined;
  /** Of a topic that is cleaned. */
  readonly kept: KeptRecords | undefined;

  /** `told` hears of the records that come outside of transactions. */
  constructor(name: string, upkeep: Upkeep, ends: TransactionEnds, told?: (records: readonly DecodedRecord[]) => void) {
    this.name = name;
    this.#told = told;
    this.upkeep = upkeep;
    this.kept = upkeep.compacts || upkeep.deletes ? new KeptRecords(upkeep.compacts) : undefined;
    this.#ends = ends;
  }

  get openTransactions(): number {
    return this.#open.size;
  }

  /** Takes what a replica has committed at `position` of `view`; what is wrong with it, if anything. */
  take(bytes: Uint8Array, view: DataView, position: number): string | undefined {
    const base = baseOffset(view, position);
    if (base < this.end) return this.#compare(bytes, view, position);
    if (base > this.end) return `${this.name}: nothing between ${this.end} and ${base}`;
    const next = nextOffset(view, position);
    const leaderEpoch = partitionLeaderEpoch(view, position);
    const last = this.#batches.at(-1);
    this.#batches.push({ base, next, leaderEpoch, crc: batchCrc(view, position) });
    this.end = next;
    if (last !== undefined && last.leaderEpoch > leaderEpoch)
      return `${this.name}: epoch ${leaderEpoch} at ${base} after ${last.leaderEpoch}`;
    return this.#follow(bytes, view, position);
  }

  /** What is wrong with a replica having nothing from `from` to below `to`. */
  missing(from: number, to: number): string | undefined {
    const fault = this.kept === undefined ? `nothing is between ${from} and ${to}` : this.kept.missing(from, to);
    return fault && `${this.name}: ${fault}`;
  }

  #compare(bytes: Uint8Array, view: DataView, position: number): string | undefined {
    const base = baseOffset(view, position);
    const known = this.#find(base);
    const leaderEpoch = partitionLeaderEpoch(view, position);
    const crc = batchCrc(view, position);
    const next = nextOffset(view, position);
    if (known !== undefined && known.leaderEpoch === leaderEpoch && known.next === next) {
      if (known.crc === crc) return undefined;
      if (this.upkeep.compacts && this.kept !== undefined) {
        const records = isControl(view, position) ? [] : decodeRecords(bytes, position);
        const fault = this.kept.compare(records, base, next);
        return fault && `${this.name}: ${fault}`;
      }
    }
    const shown = known === undefined ? 'none' : `${known.base}-${known.next} of epoch ${known.leaderEpoch}`;
    return `${this.name}: committed was ${shown}, and is now ${base}-${next} of epoch ${leaderEpoch}`;
  }

  #find(base: number): CommittedBatch | undefined {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#batches[middle]!.base < base) low = middle + 1;
      else high = middle;
    }
    const found = this.#batches[low];
    return found?.base === base ? found : undefined;
  }

  #follow(bytes: Uint8Array, view: DataView, position: number): string | undefined {
    const id = producerId(view, position);
    if (this.kept !== undefined && !isControl(view, position)) {
      const records = decodeRecords(bytes, position);
      this.kept.take(records, isTransactional(view, position) ? id : undefined);
      if (!isTransactional(view, position)) this.#told?.(records);
    }
    if (id < 0) return undefined;
    const epoch = producerEpoch(view, position);
    const at = `${this.name}@${baseOffset(view, position)}`;
    if (isControl(view, position)) return this.#ended(bytes, position, { id, epoch, at });
    const fault = this.#sequenceFault(view, position, { id, epoch, at });
    const open = this.#open.get(id);
    if (isTransactional(view, position)) {
      if (open !== undefined && open !== epoch)
        return `${at}: producer ${id} writes in epoch ${epoch} into its transaction of epoch ${open}`;
      this.#open.set(id, epoch);
    } else if (open !== undefined) return `${at}: producer ${id} writes outside of its open transaction`;
    return fault;
  }

  #sequenceFault(
    view: DataView,
    position: number,
    { id, epoch, at }: { id: number; epoch: number; at: string },
  ): string | undefined {
    const sequence = baseSequence(view, position);
    const known = this.#producers.get(id);
    // Offsets that are committed in a transaction have none. Of records that retention took nobody knows them any more.
    if (sequence < 0 || this.upkeep.deletes) return undefined;
    this.#producers.set(id, { epoch, next: (sequence + recordCount(view, position)) % SEQUENCES });
    if (known === undefined && this.upkeep.isRemade) return undefined;
    const expected = known === undefined || known.epoch < epoch ? 0 : known.next;
    if (known !== undefined && known.epoch > epoch)
      return `${at}: producer ${id} writes in epoch ${epoch} after ${known.epoch}`;
    if (sequence !== expected)
      return `${at}: producer ${id} of epoch ${epoch} has sequence ${sequence} instead of ${expected}`;
    return undefined;
  }

  #ended(
    bytes: Uint8Array,
    position: number,
    { id, epoch, at }: { id: number; epoch: number; at: string },
  ): string | undefined {
    const [marker] = decodeRecords(bytes, position);
    const type = readControlType(marker?.key ?? null);
    if (type !== ControlType.commit && type !== ControlType.abort) return undefined;
    const open = this.#open.get(id);
    this.#open.delete(id);
    this.kept?.ended(id, type === ControlType.commit);
    const known = this.#producers.get(id);
    if (known !== undefined && known.epoch > epoch) return `${at}: a marker of epoch ${epoch} after ${known.epoch}`;
    // From its marker on a producer of an earlier epoch is fenced.
    if (known === undefined || known.epoch < epoch) this.#producers.set(id, { epoch, next: 0 });
    if (open === undefined) return undefined;
    const key = `${id}/${open}`;
    const before = this.#ends.get(key);
    if (before === undefined) this.#ends.set(key, { type, where: at });
    else if (before.type !== type)
      return `${at}: transaction ${key} ends with ${type}, and with ${before.type} at ${before.where}`;
    return undefined;
  }
}
