import type { AppendResult, AppendTransaction, CoordinatorLog, TurnEnd } from '../../coordinator/coordinator-log.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { AppendContext } from '../../log/append-result.ts';
import { NO_SEQUENCE } from '../../records/batch.ts';
import { ControlType } from '../../records/control-records.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Partition } from '../replicas/partition.ts';
import type { Partitions } from '../replicas/partitions.ts';
import type { Turn } from '../turn.ts';

/** An internal topic's partitions, as its coordinator uses them: appends with acks=all, reads to the log's end. */
export class PartitionCoordinatorLog implements CoordinatorLog {
  readonly #topic: string;
  readonly #partitions: Partitions;
  readonly #turn: Turn;
  readonly #clock: Clock;
  readonly #mustVerify: () => boolean;

  /** @param parts.mustVerify whether transactions may begin here only when their coordinator was asked. */
  constructor(topic: string, parts: { partitions: Partitions; turn: Turn; clock: Clock; mustVerify: () => boolean }) {
    this.#topic = topic;
    this.#partitions = parts.partitions;
    this.#turn = parts.turn;
    this.#clock = parts.clock;
    this.#mustVerify = parts.mustVerify;
  }

  batchBytesMax(index: number): number {
    return this.#partition(index).log.config.maxMessageBytes;
  }

  appendError(index: number, transaction?: AppendTransaction): ErrorSpec {
    const partition = this.#partitions.get(this.#topic, index);
    if (partition === undefined) return E.NOT_LEADER_OR_FOLLOWER;
    const error = partition.check(-1);
    if (error !== E.NONE) return error;
    if (!partition.hasEnoughInSync) return E.NOT_ENOUGH_REPLICAS;
    return transaction === undefined ? E.NONE : this.#transactionError(partition, transaction);
  }

  append(index: number, batch: Uint8Array, transaction?: AppendTransaction): AppendResult {
    const error = this.appendError(index);
    if (error !== E.NONE) return { error, lastOffset: -1 };
    const result = this.#partition(index).appendAsLeader(batch, this.#contextOf(transaction));
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
    this.#turn.enlistGatheringStore(work);
  }

  #contextOf(transaction: AppendTransaction | undefined): Omit<AppendContext, 'leaderEpoch'> {
    const context = { origin: 'coordinator', nowMs: this.#clock.nowMs() } as const;
    if (transaction === undefined) return context;
    const { producer, end } = transaction;
    const transactionVersion = end?.transactionVersion ?? 0;
    return { ...context, transactionVersion, mustBeVerified: this.#mustVerify(), verification: producer.verification };
  }

  #transactionError({ log }: Partition, transaction: AppendTransaction): ErrorSpec {
    const { producer, end } = transaction;
    const context = { ...this.#contextOf(transaction), leaderEpoch: -1 };
    const place = {
      producerId: producer.id,
      epoch: producer.epoch,
      offset: log.logEndOffset,
      timestamp: context.nowMs,
    };
    const refusal =
      end === undefined
        ? log.producerState.checkBatch(
            { ...place, firstSequence: NO_SEQUENCE, lastSequence: NO_SEQUENCE, offsetDelta: 0, isTransactional: true },
            context,
          )
        : log.producerState.checkMarker(
            { ...place, coordinatorEpoch: end.coordinatorEpoch, isCommit: end.type === ControlType.commit },
            context.transactionVersion ?? 0,
          );
    return refusal?.kind === 'error' ? refusal.error : E.NONE;
  }

  #partition(index: number): Partition {
    const partition = this.#partitions.get(this.#topic, index);
    if (partition === undefined) throw new Error(`${this.#topic}-${index} is not on this broker`);
    return partition;
  }
}
