import type { AppendResult, CoordinatorLog, TurnEnd } from '../coordinator/coordinator-log.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Partition } from './partition.ts';
import type { Partitions } from './partitions.ts';
import type { Turn } from './turn.ts';

/** An internal topic's partitions, as its coordinator uses them: appends with acks=all, reads to the log's end. */
export class PartitionCoordinatorLog implements CoordinatorLog {
  readonly #topic: string;
  readonly #partitions: Partitions;
  readonly #turn: Turn;
  readonly #clock: Clock;

  constructor(topic: string, parts: { partitions: Partitions; turn: Turn; clock: Clock }) {
    this.#topic = topic;
    this.#partitions = parts.partitions;
    this.#turn = parts.turn;
    this.#clock = parts.clock;
  }

  batchBytesMax(index: number): number {
    return this.#partition(index).log.config.maxMessageBytes;
  }

  appendError(index: number): ErrorSpec {
    const partition = this.#partitions.get(this.#topic, index);
    if (partition === undefined) return E.NOT_LEADER_OR_FOLLOWER;
    const error = partition.check(-1);
    if (error !== E.NONE) return error;
    return partition.hasEnoughInSync ? E.NONE : E.NOT_ENOUGH_REPLICAS;
  }

  append(index: number, batch: Uint8Array): AppendResult {
    const error = this.appendError(index);
    if (error !== E.NONE) return { error, lastOffset: -1 };
    const nowMs = this.#clock.nowMs();
    const result = this.#partition(index).appendAsLeader(batch, { origin: 'coordinator', nowMs });
    return { error: result.error, lastOffset: result.lastOffset };
  }

  whenCommitted(index: number, offset: number, callback: (error: ErrorSpec) => void): void {
    const partition = this.#partitions.get(this.#topic, index);
    if (partition === undefined) callback(E.NOT_LEADER_OR_FOLLOWER);
    else if (partition.log.highWatermark > offset) callback(E.NONE);
    else partition.whenCommitted(offset + 1, { appended: callback });
  }

  logStartOffset(index: number): number {
    return this.#partition(index).log.logStartOffset;
  }

  read(index: number, fromOffset: number, bytesMax: number): Uint8Array {
    const { log } = this.#partition(index);
    const slice = log.read({ offset: fromOffset, bytesMax, upperOffset: log.logEndOffset, minOneBatch: true });
    if (slice.error !== E.NONE)
      throw new Error(`${this.#topic}-${index} cannot be read at ${fromOffset}: ${slice.error.name}`);
    const bytes = Buffer.concat(slice.chunks);
    slice.release();
    return bytes;
  }

  enlist(work: TurnEnd): void {
    this.#turn.enlistStore(work);
  }

  #partition(index: number): Partition {
    const partition = this.#partitions.get(this.#topic, index);
    if (partition === undefined) throw new Error(`${this.#topic}-${index} is not on this broker`);
    return partition;
  }
}
