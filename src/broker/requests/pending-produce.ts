import { isInternalTopic } from '../../controller/internal-topics.ts';
import type { AppendResult } from '../../log/append-result.ts';
import type { PartitionImage } from '../../metadata/cluster-image.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { produce } from '../../protocol/messages/000-produce.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { Timer } from '../../runtime/clock.ts';
import { absenceError } from '../replicas/absent-partition.ts';
import type { AppendWaiter } from '../replicas/append-waiters.ts';
import type { Partition } from '../replicas/partition.ts';
import type { RequestContext } from './request-context.ts';
import type { BrokerServices } from '../services.ts';
import { produceRefusal, supportOfProduce, type Verdict } from '../replicas/transaction-verification.ts';

export type ProduceRequest = ReadMessage<typeof produce.request>;
export type ProduceResponse = WriteMessage<typeof produce.response>;
type TopicData = ProduceRequest['topicData'][number];
export type PartitionData = TopicData['partitionData'][number];

const ACKS_ALL = -1;
const FIRST_VERSION_NAMING_LEADERS = 10;
/** Kafka's own tools may write internal topics under this client id (KafkaApis). */
const ADMIN_CLIENT_ID = '__admin_client';
const NO_RECORDS = new Uint8Array(0);

/** What was decided of the transactional batches of a request. */
export interface TransactionVerdicts {
  readonly mustBeVerified: boolean;
  get(data: PartitionData): Verdict | undefined;
}

/** Outcome for one partition; waits on the partition when the acknowledgement has to. */
class PartitionOutcome implements AppendWaiter {
  readonly index: number;
  readonly #request: PendingProduce;
  error: ErrorSpec;
  message: string | null = null;
  baseOffset = -1;
  logAppendTimeMs = -1;
  logStartOffset = -1;
  recordErrors: readonly { index: number; message: string | null }[] = [];
  /** Who leads instead of us (KIP-951). */
  leader: PartitionImage | undefined;
  /** Where it waits, while it does. */
  waitsOn: Partition | undefined;

  constructor(index: number, error: ErrorSpec, request: PendingProduce) {
    this.index = index;
    this.error = error;
    this.#request = request;
  }

  appended(error: ErrorSpec): void {
    this.waitsOn = undefined;
    if (error !== E.NONE) this.fail(error);
    this.#request.settled();
  }

  fail(error: ErrorSpec): void {
    this.error = error;
    this.baseOffset = -1;
    this.logAppendTimeMs = -1;
    this.logStartOffset = -1;
  }
}

/** A produce request from its appends until its answer. */
export class PendingProduce {
  readonly request: ProduceRequest;
  readonly context: RequestContext;
  readonly broker: BrokerServices;
  readonly topics: { name: string; topicId: string; partitions: PartitionOutcome[] }[] = [];
  readonly #reply: (response: ProduceResponse | undefined) => void;
  #unsettled = 1;
  #timer: Timer | undefined;

  constructor(
    request: ProduceRequest,
    context: RequestContext,
    broker: BrokerServices,
    reply: (response: ProduceResponse | undefined) => void,
  ) {
    this.request = request;
    this.context = context;
    this.broker = broker;
    this.#reply = reply;
  }

  /**
   * @param decided of the transaction that the batches belong to; left out when they belong to none.
   */
  appendAll(decided?: TransactionVerdicts): void {
    for (const topic of this.request.topicData) {
      if (topic.partitionData.length === 0) continue;
      const { name, topicId, error } = this.#resolve(topic);
      const partitions: PartitionOutcome[] = [];
      this.topics.push({ name, topicId, partitions });
      for (const data of topic.partitionData) {
        const outcome = new PartitionOutcome(data.index, error, this);
        partitions.push(outcome);
        if (error === E.NONE) this.#append(name, data, outcome, decided);
      }
    }
    this.settled();
  }

  /** One less to wait for; the last one makes the answer. */
  settled(): void {
    this.#unsettled--;
    if (this.#unsettled > 0) return;
    this.#timer?.cancel();
    this.#answer();
  }

  /** Starts the clock for what is still unsettled when the turn is over. */
  startTimeout(): void {
    if (this.#unsettled <= 0 || this.request.acks !== ACKS_ALL) return;
    this.#timer = this.broker.timers.set(Math.max(0, this.request.timeoutMs), () => {
      this.broker.turn.run(() => this.#timeOut());
    });
  }

  #resolve(topic: TopicData): { name: string; topicId: string; error: ErrorSpec } {
    if (this.context.apiVersion < 13) return { name: topic.name, topicId: topic.topicId, error: E.NONE };
    const name = this.broker.image().topicNamesById.get(topic.topicId);
    return { name: name ?? '', topicId: topic.topicId, error: name === undefined ? E.UNKNOWN_TOPIC_ID : E.NONE };
  }

  #append(topic: string, data: PartitionData, outcome: PartitionOutcome, decided?: TransactionVerdicts): void {
    const { broker, context } = this;
    const { acks } = this.request;
    const verdict = decided?.get(data);
    if (verdict !== undefined && verdict.error !== E.NONE) {
      const refusal = produceRefusal(verdict.error, supportOfProduce(context.apiVersion));
      outcome.error = refusal.error;
      outcome.message = refusal.message;
      return;
    }
    const partition = broker.partitions.get(topic, data.index);
    if (partition === undefined) {
      outcome.error = absenceError(broker.image(), topic, data.index);
      if (outcome.error === E.NOT_LEADER_OR_FOLLOWER) this.#nameLeader(topic, outcome);
      return;
    }
    if (acks !== ACKS_ALL && acks !== 0 && acks !== 1) {
      outcome.error = E.INVALID_REQUIRED_ACKS;
      return;
    }
    if (isInternalTopic(topic) && context.clientId !== ADMIN_CLIENT_ID) {
      outcome.error = E.INVALID_TOPIC_EXCEPTION;
      return;
    }
    outcome.error = partition.check(-1);
    if (outcome.error === E.NOT_LEADER_OR_FOLLOWER) this.#nameLeader(topic, outcome);
    if (outcome.error === E.NONE && acks === ACKS_ALL && !partition.hasEnoughInSync) {
      outcome.error = E.NOT_ENOUGH_REPLICAS;
      outcome.logStartOffset = partition.log.logStartOffset;
    }
    const batch = data.records ?? NO_RECORDS;
    if (outcome.error !== E.NONE) {
      partition.refused.note(batch, broker.clock.monotonicMs());
      return;
    }
    if (partition.refused.isAhead(batch, partition.log.producerState, broker.clock.monotonicMs())) {
      outcome.error = E.OUT_OF_ORDER_SEQUENCE_NUMBER;
      return;
    }
    const origin = { origin: 'client', apiVersion: context.apiVersion, nowMs: broker.clock.nowMs() } as const;
    const appendContext =
      decided === undefined
        ? origin
        : { ...origin, mustBeVerified: decided.mustBeVerified, verification: verdict?.verification };
    this.#wait(partition, partition.appendAsLeader(batch, appendContext), outcome);
  }

  #wait(partition: Partition, result: AppendResult, outcome: PartitionOutcome): void {
    outcome.error = result.error;
    outcome.message = result.message;
    outcome.recordErrors = result.recordErrors;
    outcome.logStartOffset = result.logStartOffset;
    if (result.error !== E.NONE) return;
    outcome.baseOffset = result.firstOffset;
    outcome.logAppendTimeMs = result.logAppendTimeMs;
    this.#unsettled++;
    outcome.waitsOn = partition;
    if (this.request.acks === ACKS_ALL) partition.whenCommitted(result.lastOffset + 1, outcome);
    else partition.whenWritten(result.lastOffset + 1, outcome);
  }

  #timeOut(): void {
    for (const topic of this.topics) {
      for (const outcome of topic.partitions) {
        if (outcome.waitsOn === undefined) continue;
        outcome.waitsOn.forget(outcome);
        outcome.appended(E.REQUEST_TIMED_OUT);
      }
    }
  }

  #answer(): void {
    if (this.request.acks === 0) {
      const failed = this.topics.some((topic) => topic.partitions.some((outcome) => outcome.error !== E.NONE));
      // Nobody waits for an answer; a closed connection makes the producer look for the leader again.
      if (failed) this.broker.closeConnection(this.context.peer.connectionId, 'a produce with acks=0 failed');
      this.#reply(undefined);
      return;
    }
    const nodeEndpoints = this.#currentLeaders();
    this.#reply({
      responses: this.topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitionResponses: partitions.map((outcome) => ({
          index: outcome.index,
          errorCode: outcome.error.code,
          baseOffset: outcome.baseOffset,
          logAppendTimeMs: outcome.logAppendTimeMs,
          logStartOffset: outcome.logStartOffset,
          recordErrors: outcome.recordErrors.map(({ index, message }) => ({
            batchIndex: index,
            batchIndexErrorMessage: message,
          })),
          errorMessage: outcome.message,
          ...(outcome.leader === undefined
            ? {}
            : { currentLeader: { leaderId: outcome.leader.leader, leaderEpoch: outcome.leader.leaderEpoch } }),
        })),
      })),
      throttleTimeMs: 0,
      ...(nodeEndpoints.length > 0 ? { nodeEndpoints } : {}),
    });
  }

  #nameLeader(topic: string, outcome: PartitionOutcome): void {
    if (this.context.apiVersion < FIRST_VERSION_NAMING_LEADERS) return;
    outcome.leader = this.broker.image().partition(topic, outcome.index);
  }

  /** Endpoints of the leaders that NOT_LEADER_OR_FOLLOWER answers name (KIP-951). */
  #currentLeaders(): { nodeId: number; host: string; port: number; rack: string | null }[] {
    const ids = new Set<number>();
    for (const { partitions } of this.topics) {
      for (const { leader } of partitions) if (leader !== undefined) ids.add(leader.leader);
    }
    if (ids.size === 0) return [];
    return this.broker.endpoints(this.context.peer).filter(({ nodeId }) => ids.has(nodeId));
  }
}
