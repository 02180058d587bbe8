import { E, isRetriable } from '../../protocol/errors.ts';
import { produce } from '../../protocol/messages/000-produce.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { asKafkaError, brokerError, KafkaError, TimeoutError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { backoffMs } from '../retry.ts';
import { doubtError, type Idempotence } from './idempotence.ts';
import { LeaderNodes, type LeaderNode } from './leader-nodes.ts';
import type { PartitionQueue } from './partition-queue.ts';
import {
  produceAnswers,
  produceRequest,
  produceVersionMax,
  unanswered,
  type BatchAnswer,
  type SentBatch,
} from './produce-request.ts';
import type { ProducerBatch } from './producer-batch.ts';
import type { ProducerSettings } from './producer-options.ts';
import type { ProducerWatch } from './producer-watch.ts';

/** What a transaction has to say about sending. */
export interface SendGate {
  /** Whether batches of a partition may go now; asks for what is missing. */
  maySend(queue: PartitionQueue): boolean;
  /** The newest version of Produce that fits the transaction. */
  readonly produceVersionMax: number;
  /** Batches are about to be sent. */
  sending(): void;
  /** A batch failed for good, or nobody can know whether it was written. */
  failed(error: KafkaError): void;
}

export interface SenderParts {
  readonly cluster: Cluster;
  readonly settings: ProducerSettings;
  readonly idempotence: Idempotence | undefined;
  readonly gate: SendGate | undefined;
  readonly watch: ProducerWatch;
  /** Asks for a producer id; {@link Sender.wake} when it is there. */
  readonly askProducerId: () => void;
  /** Called when a batch is settled and its bytes are free again. */
  readonly released: (bytes: number) => void;
}

/**
 * Takes batches that are due to their leaders, a request for each broker, and deals with the answers (Kafka's Sender). One look at all partitions
 * that have something serves everything that happened since the last.
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #nodes: LeaderNodes;
  /** Partitions with batches. A partition that was served goes to the end. */
  readonly #active = new Set<PartitionQueue>();
  #isLooking = false;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;
  #forces = 0;
  #isAskingLeaders = false;
  #askLeadersFromMs = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#nodes = new LeaderNodes(parts.cluster, () => this.wake());
  }

  /** Partitions that have batches. */
  get active(): ReadonlySet<PartitionQueue> {
    return this.#active;
  }

  /** A partition has something to send. */
  activate(queue: PartitionQueue): void {
    this.#active.add(queue);
    this.wake();
  }

  /** Has everything that waits looked at, soon. */
  wake(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#parts.cluster.runtime.timers.soon(() => {
      this.#isLooking = false;
      this.#look();
    });
  }

  /** From now on nothing lingers, until {@link relax}. */
  force(): void {
    this.#forces++;
    this.wake();
  }

  relax(): void {
    this.#forces--;
  }

  /** Fails what waits and is not on its way. */
  failWaiting(error: KafkaError): void {
    for (const queue of this.#active) {
      for (const batch of queue.waiting.slice()) {
        if (batch.stamp !== undefined) this.#parts.idempotence?.givenUp(queue, batch);
        this.#end(queue, batch, error);
      }
    }
  }

  /** Fails what was never sent. */
  dropUnsent(error: KafkaError): void {
    for (const queue of this.#active) {
      for (const batch of queue.waiting.slice()) if (batch.attempts === 0) this.#end(queue, batch, error);
    }
    this.wake();
  }

  /** Fails everything; answers that still come are ignored. */
  close(error: KafkaError): void {
    this.#timer?.cancel();
    this.failWaiting(error);
    for (const queue of this.#active) for (const batch of queue.unsettled.slice()) this.#end(queue, batch, error);
    this.#active.clear();
  }

  #look(): void {
    const { cluster, idempotence, gate } = this.#parts;
    const nowMs = cluster.runtime.clock.monotonicMs();
    this.#expire(nowMs);
    if (this.#active.size === 0) return;
    if (idempotence !== undefined) {
      if (idempotence.settleDoubts()) gate?.failed(doubtError());
      if (!idempotence.bumpIfNeeded()) this.#parts.askProducerId();
    }
    if (cluster.isViewStale) this.#askLeaders(nowMs);
    let nextMs = Infinity;
    const byLeader = new Map<number, PartitionQueue[]>();
    for (const queue of this.#active) {
      nextMs = Math.min(nextMs, this.#expiryMs(queue));
      const dueMs = this.#dueMs(queue, nowMs);
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
      else if (this.#maySend(queue)) this.#sort(queue, byLeader, nowMs);
    }
    for (const [leaderId, queues] of byLeader) nextMs = Math.min(nextMs, this.#serve(leaderId, queues, nowMs));
    this.#lookAgainAt(nextMs, nowMs);
  }

  #sort(queue: PartitionQueue, byLeader: Map<number, PartitionQueue[]>, nowMs: number): void {
    const leaderId = this.#parts.cluster.view.partition(queue.topic, queue.partition)?.leaderId ?? -1;
    if (leaderId < 0) {
      this.#askLeaders(nowMs);
      return;
    }
    const queues = byLeader.get(leaderId);
    if (queues === undefined) byLeader.set(leaderId, [queue]);
    else queues.push(queue);
  }

  /** Sends to one broker what it may take; tells when to look again at it. */
  #serve(leaderId: number, queues: readonly PartitionQueue[], nowMs: number): number {
    const node = this.#nodes.get(leaderId);
    if (node.notBeforeMs > nowMs) return node.notBeforeMs;
    let due = queues;
    while (due.length > 0 && node.inFlight < this.#parts.settings.maxInFlight) {
      const connection = this.#nodes.connectionTo(node);
      if (connection === undefined) return Infinity;
      this.#send(node, connection, this.#take(due));
      due = due.filter((queue) => this.#dueMs(queue, nowMs) <= nowMs && this.#maySend(queue));
    }
    return Infinity;
  }

  /** One batch of each partition, as many as fit a request, and at least one. */
  #take(queues: readonly PartitionQueue[]): SentBatch[] {
    const { settings, idempotence } = this.#parts;
    const taken: SentBatch[] = [];
    let size = 0;
    for (const queue of queues) {
      const [first] = queue.waiting;
      if (first === undefined) continue;
      size += first.size;
      if (taken.length > 0 && size > settings.requestBytesMax) break;
      idempotence?.assign(queue, first);
      queue.take();
      taken.push({ queue, batch: first });
      this.#active.delete(queue);
      this.#active.add(queue);
    }
    return taken;
  }

  #send(node: LeaderNode, connection: BrokerConnection, batches: readonly SentBatch[]): void {
    node.inFlight++;
    this.#parts.gate?.sending();
    void this.#request(node, connection, batches)
      .then((answers) => this.#answered(batches, answers))
      .catch((error: unknown) => this.#unanswered(batches, asKafkaError(error, 'produce')))
      .finally(() => {
        node.inFlight--;
        this.wake();
      });
  }

  async #request(
    node: LeaderNode,
    connection: BrokerConnection,
    batches: readonly SentBatch[],
  ): Promise<(BatchAnswer | undefined)[]> {
    const { cluster, settings, gate } = this.#parts;
    const { view } = cluster;
    const { acks, transactionalId } = settings;
    const newest = Math.min(gate?.produceVersionMax ?? Infinity, produceVersionMax(batches, view));
    const version = connection.versionFor(produce, newest);
    const options = { transactionalId, acks, timeoutMs: cluster.settings.requestTimeoutMs };
    const request = produceRequest(batches, view, options);
    this.#parts.watch.sent(node.nodeId, batches);
    if (acks === 0) {
      await connection.post(produce, version, request);
      return batches.map(() => unanswered);
    }
    const response = await connection.request(produce, version, request);
    if (response.throttleTimeMs > 0) {
      node.notBeforeMs = cluster.runtime.clock.monotonicMs() + response.throttleTimeMs;
    }
    return produceAnswers(batches, view, response);
  }

  #answered(batches: readonly SentBatch[], answers: readonly (BatchAnswer | undefined)[]): void {
    for (const [index, sent] of batches.entries()) {
      const answer = answers[index];
      sent.batch.isOnWire = false;
      if (answer === undefined) {
        this.#failed(sent, new KafkaError('MALFORMED', 'the broker left a partition out of its answer', RETRIABLE));
      } else if (answer.error === E.NONE || answer.error === E.DUPLICATE_SEQUENCE_NUMBER) this.#written(sent, answer);
      else this.#refused(sent, answer);
    }
  }

  /** No answer: nobody knows what was written. */
  #unanswered(batches: readonly SentBatch[], error: KafkaError): void {
    this.#parts.cluster.expireView();
    for (const sent of batches) {
      sent.batch.isOnWire = false;
      this.#failed(sent, error);
    }
  }

  #failed({ queue, batch }: SentBatch, error: KafkaError): void {
    if (error.retriable && this.#retry(queue, batch, error)) return;
    this.#parts.idempotence?.givenUp(queue, batch);
    this.#tellGate(batch, error);
    this.#end(queue, batch, error);
  }

  #written({ queue, batch }: SentBatch, answer: BatchAnswer): void {
    const isKnown = answer.error === E.NONE;
    this.#parts.idempotence?.acknowledged(queue, batch, isKnown ? answer.baseOffset : -1);
    queue.remove(batch);
    if (!batch.isSettled) this.#parts.watch.written(batch, isKnown ? answer.baseOffset : -1);
    batch.succeed(isKnown ? answer.baseOffset : -1, isKnown ? answer.logAppendTime : -1);
    this.#parts.released(batch.reservedBytes);
  }

  #refused({ queue, batch }: SentBatch, answer: BatchAnswer): void {
    const { cluster, idempotence } = this.#parts;
    const { error } = answer;
    if (error === E.MESSAGE_TOO_LARGE && batch.count > 1 && !batch.isSettled) {
      queue.replace(batch, batch.split());
      this.#parts.watch.split();
      return;
    }
    if (error.retry === 'refreshMetadata') cluster.expireView();
    const isMoved = answer.leader !== undefined && cluster.leaderMoved(queue.topic, queue.partition, answer.leader);
    const mayRetry = idempotence === undefined ? isRetriable(error) : idempotence.mayRetry(queue, batch, answer);
    const failure =
      idempotence?.isGap(queue, error) === true ? doubtError() : brokerError(error, aboutBatch(queue, answer.message));
    if (mayRetry && this.#retry(queue, batch, failure, isMoved)) return;
    if (isRetriable(error)) idempotence?.givenUp(queue, batch);
    else idempotence?.failed(queue);
    this.#tellGate(batch, failure);
    this.#end(queue, batch, failure);
  }

  /** What becomes of a batch after its time was up is no matter of the transaction that is open by then. */
  #tellGate(batch: ProducerBatch, error: KafkaError): void {
    if (!batch.isSettled) this.#parts.gate?.failed(error);
  }

  /** Puts a batch back to be sent again; false when its time is up, or it was sent often enough. */
  #retry(queue: PartitionQueue, batch: ProducerBatch, error: KafkaError, isAtOnce = false): boolean {
    const { runtime, settings } = this.#parts.cluster;
    const nowMs = runtime.clock.monotonicMs();
    const mayRepeat = batch.attempts < this.#parts.settings.retries && !this.#isExpired(batch, nowMs);
    if (batch.isSettled || !mayRepeat) return false;
    const waitMs = isAtOnce ? 0 : backoffMs(settings, batch.attempts, runtime.random.next());
    queue.putBack(batch, nowMs + waitMs);
    this.#parts.watch.retried(batch, waitMs, error);
    return true;
  }

  /** The batch is done with: its bytes are free. */
  #end(queue: PartitionQueue, batch: ProducerBatch, error: KafkaError): void {
    queue.remove(batch);
    this.#fail(queue, batch, error);
    this.#parts.released(batch.reservedBytes);
  }

  #fail(queue: PartitionQueue, batch: ProducerBatch, error: KafkaError): void {
    if (!batch.isSettled) this.#parts.watch.failed(queue, batch, error);
    batch.fail(error);
  }

  #expire(nowMs: number): void {
    const { idempotence, gate, settings } = this.#parts;
    for (const queue of this.#active) {
      for (const batch of queue.unsettled) {
        if (!this.#isExpired(batch, nowMs)) break;
        // On its way: told now, its bytes and its place are held until the answer comes.
        if (batch.isOnWire && !batch.isSettled) {
          const error = expiredError(queue, settings.deliveryTimeoutMs);
          gate?.failed(error);
          this.#fail(queue, batch, error);
        }
      }
      for (let first = queue.waiting[0]; first !== undefined && this.#isExpired(first, nowMs);) {
        const error = expiredError(queue, settings.deliveryTimeoutMs);
        idempotence?.givenUp(queue, first);
        this.#end(queue, first, error);
        gate?.failed(error);
        [first] = queue.waiting;
      }
      if (queue.isEmpty) this.#active.delete(queue);
    }
  }

  #isExpired(batch: ProducerBatch, nowMs: number): boolean {
    return nowMs >= batch.createdMs + this.#parts.settings.deliveryTimeoutMs;
  }

  /** When the partition's oldest batch that has not been told so expires. */
  #expiryMs(queue: PartitionQueue): number {
    const oldest = queue.unsettled.find(({ isSettled }) => !isSettled) ?? queue.waiting[0];
    return oldest === undefined ? Infinity : oldest.createdMs + this.#parts.settings.deliveryTimeoutMs;
  }

  #dueMs(queue: PartitionQueue, nowMs: number): number {
    const dueMs = queue.dueMs() ?? Infinity;
    const isFresh = queue.waiting[0]?.attempts === 0;
    return this.#forces > 0 && isFresh ? nowMs : dueMs;
  }

  #maySend(queue: PartitionQueue): boolean {
    const { idempotence, gate, settings } = this.#parts;
    if (gate !== undefined && !gate.maySend(queue)) return false;
    if (idempotence !== undefined) return idempotence.maySend(queue);
    // Without sequences only one request at a time keeps the order, also while the leader moves.
    return settings.maxInFlight > 1 || !queue.unsettled.some(({ isOnWire }) => isOnWire);
  }

  #askLeaders(nowMs: number): void {
    if (this.#isAskingLeaders) return;
    if (nowMs < this.#askLeadersFromMs) {
      this.#lookAgainAt(this.#askLeadersFromMs, nowMs);
      return;
    }
    const { cluster } = this.#parts;
    const { runtime, settings } = cluster;
    this.#isAskingLeaders = true;
    const topics = [...new Set(Array.from(this.#active, ({ topic }) => topic))];
    const asked = (): void => {
      this.#isAskingLeaders = false;
      this.#askLeadersFromMs = runtime.clock.monotonicMs() + settings.retryBackoffMs;
      this.wake();
    };
    cluster.refresh(topics).then(asked, asked);
  }

  #lookAgainAt(dueMs: number, nowMs: number): void {
    if (dueMs === Infinity || dueMs >= this.#timerDueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#parts.cluster.runtime.timers.set(Math.max(0, dueMs - nowMs), () => {
      this.#timerDueMs = Infinity;
      this.#look();
    });
  }
}

const RETRIABLE = { retriable: true } as const;

function aboutBatch({ topic, partition }: PartitionQueue, message: string | null): string {
  const about = `records for partition ${partition} of ${topic}`;
  return message === null ? about : `${about} (${message})`;
}

function expiredError({ topic, partition }: PartitionQueue, timeoutMs: number): TimeoutError {
  return new TimeoutError(`records for partition ${partition} of ${topic} were not written within ${timeoutMs} ms`);
}
