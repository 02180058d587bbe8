import type { BrokerConfig } from '../../config/broker-config.ts';
import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.ts';
import type {
  MarkerResult,
  MarkerSender,
  TopicPartition,
  TransactionMarker,
} from '../../coordinator/txn/marker-sender.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { ControlType, buildEndTxnBatch } from '../../records/control-records.ts';
import type { Clock, Timer, Timers } from '../../runtime/clock.ts';
import { OFFSETS_TOPIC } from './coordinator-topics.ts';
import type { AppendWaiter } from '../replicas/append-waiters.ts';
import type { Partition } from '../replicas/partition.ts';
import type { Partitions } from '../replicas/partitions.ts';
import type { Turn } from '../turn.ts';

export interface LocalMarkerSenderParts {
  readonly partitions: Partitions;
  readonly groups: GroupCoordinator;
  readonly turn: Turn;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly config: BrokerConfig;
}

/**
 * Ends transactions in the partitions that this broker leads (KafkaApis.handleWriteTxnMarkersRequest): data partitions get
 * the marker through their log, those of `__consumer_offsets` through the group coordinator, whose pending offsets it
 * decides. Answered once all markers are committed.
 */
export class LocalMarkerSender implements MarkerSender {
  readonly #parts: LocalMarkerSenderParts;

  constructor(parts: LocalMarkerSenderParts) {
    this.#parts = parts;
  }

  /** As the interface says; never calls back before it returns. */
  send(marker: TransactionMarker, answered: (results: readonly MarkerResult[]) => void): void {
    const { turn } = this.#parts;
    const pending = new PendingMarker(marker, this.#parts, (results) => turn.guard(() => answered(results)));
    turn.run(() => pending.appendAll());
  }
}

/** One marker on its way to all its partitions. */
class PendingMarker {
  readonly #marker: TransactionMarker;
  readonly #parts: LocalMarkerSenderParts;
  readonly #answered: (results: readonly MarkerResult[]) => void;
  readonly #results: (ErrorSpec | undefined)[];
  readonly #waiting = new Map<AppendWaiter, Partition>();
  #unsettled: number;
  #timer: Timer | undefined;

  constructor(
    marker: TransactionMarker,
    parts: LocalMarkerSenderParts,
    answered: (results: readonly MarkerResult[]) => void,
  ) {
    this.#marker = marker;
    this.#parts = parts;
    this.#answered = answered;
    this.#results = marker.partitions.map(() => undefined);
    // One more than there are partitions: nobody is told before `appendAll` is through.
    this.#unsettled = marker.partitions.length + 1;
  }

  appendAll(): void {
    const { timers, turn, config } = this.#parts;
    this.#marker.partitions.forEach((place, index) => this.#append(place, index));
    if (this.#waiting.size > 0) {
      this.#timer = timers.set(config.get('request.timeout.ms'), () => turn.run(() => this.#timeOut()));
    }
    timers.soon(() => turn.run(() => this.#settled()));
  }

  #append({ topic, partition: index }: TopicPartition, at: number): void {
    const partition = this.#parts.partitions.get(topic, index);
    if (partition === undefined || partition.log.isOffline) this.#settle(at, E.UNKNOWN_TOPIC_OR_PARTITION);
    else if (topic === OFFSETS_TOPIC) this.#endOffsets(index, at);
    else this.#appendTo(partition, at);
  }

  #endOffsets(index: number, at: number): void {
    const { producerId, producerEpoch, coordinatorEpoch, transactionVersion } = this.#marker;
    const { groups, turn } = this.#parts;
    const end = { type: this.#type, coordinatorEpoch, transactionVersion };
    const ended = (error: ErrorSpec): void => turn.run(() => this.#settle(at, offsetsError(error)));
    groups
      .endTransaction(index, { id: producerId, epoch: producerEpoch }, end)
      .then(ended, () => ended(E.UNKNOWN_SERVER_ERROR));
  }

  #appendTo(partition: Partition, at: number): void {
    const error = partition.check(-1);
    if (error !== E.NONE || !partition.hasEnoughInSync) {
      this.#settle(at, error === E.NONE ? E.NOT_ENOUGH_REPLICAS : error);
      return;
    }
    const { producerId, producerEpoch, coordinatorEpoch, transactionVersion } = this.#marker;
    const nowMs = this.#parts.clock.nowMs();
    const batch = buildEndTxnBatch({
      type: this.#type,
      coordinatorEpoch,
      producerId,
      producerEpoch,
      timestamp: nowMs,
    });
    const result = partition.appendAsLeader(batch, { origin: 'coordinator', nowMs, transactionVersion });
    if (result.error !== E.NONE) {
      this.#settle(at, result.error);
      return;
    }
    const waiter = {
      appended: (outcome: ErrorSpec) => {
        this.#waiting.delete(waiter);
        this.#settle(at, outcome);
      },
    };
    this.#waiting.set(waiter, partition);
    partition.whenCommitted(result.lastOffset + 1, waiter);
  }

  get #type(): typeof ControlType.abort | typeof ControlType.commit {
    return this.#marker.isCommit ? ControlType.commit : ControlType.abort;
  }

  #timeOut(): void {
    for (const [waiter, partition] of Array.from(this.#waiting)) {
      partition.forget(waiter);
      waiter.appended(E.REQUEST_TIMED_OUT);
    }
  }

  #settle(at: number, error: ErrorSpec): void {
    this.#results[at] = error;
    this.#settled();
  }

  #settled(): void {
    this.#unsettled--;
    if (this.#unsettled > 0) return;
    this.#timer?.cancel();
    const { partitions } = this.#marker;
    this.#answered(partitions.map((place, at) => ({ ...place, error: this.#results[at] ?? E.NONE })));
  }
}

/** A coordinator's errors as those of a partition's leader, which is what the sender knows. */
function offsetsError(error: ErrorSpec): ErrorSpec {
  switch (error) {
    case E.COORDINATOR_NOT_AVAILABLE:
    case E.COORDINATOR_LOAD_IN_PROGRESS:
    case E.NOT_COORDINATOR:
      return E.NOT_LEADER_OR_FOLLOWER;
    default:
      return error;
  }
}
