import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { produce } from '../../protocol/messages/000-produce.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { Timer } from '../../runtime/clock.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';
import { directHandler } from '../handler.ts';
import type { AppendWaiter, Partition } from '../partition.ts';
import type { RequestContext } from '../request-context.ts';
import type { BrokerServices } from '../services.ts';

type Request = ReadMessage<typeof produce.request>;
type Response = WriteMessage<typeof produce.response>;
type TopicData = Request['topicData'][number];
type PartitionData = TopicData['partitionData'][number];

const ACKS_ALL = -1;
/** Kafka's own tools may write internal topics under this client id (KafkaApis). */
const ADMIN_CLIENT_ID = '__admin_client';
const NO_RECORDS = new Uint8Array(0);
/** Low byte of a batch's attributes, and the bit in it that says transactional. */
const ATTRIBUTES_POSITION = 22;
const TRANSACTIONAL_BIT = 0x10;

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
  leaderId = -1;
  leaderEpoch = -1;
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
class PendingProduce {
  readonly request: Request;
  readonly context: RequestContext;
  readonly broker: BrokerServices;
  readonly topics: { name: string; topicId: string; partitions: PartitionOutcome[] }[] = [];
  readonly #reply: (response: Response | undefined) => void;
  #unsettled = 1;
  #timer: Timer | undefined;

  constructor(
    request: Request,
    context: RequestContext,
    broker: BrokerServices,
    reply: (response: Response | undefined) => void,
  ) {
    this.request = request;
    this.context = context;
    this.broker = broker;
    this.#reply = reply;
  }

  appendAll(): void {
    for (const topic of this.request.topicData) {
      if (topic.partitionData.length === 0) continue;
      const { name, topicId, error } = this.#resolve(topic);
      const partitions: PartitionOutcome[] = [];
      this.topics.push({ name, topicId, partitions });
      for (const data of topic.partitionData) {
        const outcome = new PartitionOutcome(data.index, error, this);
        partitions.push(outcome);
        if (error === E.NONE) this.#append(name, data, outcome);
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

  #append(topic: string, data: PartitionData, outcome: PartitionOutcome): void {
    const { broker, context } = this;
    const { acks } = this.request;
    const partition = broker.partitions.get(topic, data.index);
    if (partition === undefined) {
      outcome.error =
        broker.image().partition(topic, data.index) === undefined
          ? E.UNKNOWN_TOPIC_OR_PARTITION
          : E.NOT_LEADER_OR_FOLLOWER;
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
    if (outcome.error === E.NOT_LEADER_OR_FOLLOWER) {
      outcome.leaderId = partition.leadership.leader;
      outcome.leaderEpoch = partition.leadership.leaderEpoch;
    }
    if (outcome.error === E.NONE && acks === ACKS_ALL && !partition.hasEnoughInSync) {
      outcome.error = E.NOT_ENOUGH_REPLICAS;
    }
    if (outcome.error !== E.NONE) return;
    this.#appendTo(partition, data.records ?? NO_RECORDS, outcome);
  }

  #appendTo(partition: Partition, batch: Uint8Array, outcome: PartitionOutcome): void {
    const result = partition.appendAsLeader(batch, {
      origin: 'client',
      apiVersion: this.context.apiVersion,
      nowMs: this.broker.clock.nowMs(),
    });
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
          ...(outcome.leaderId >= 0
            ? { currentLeader: { leaderId: outcome.leaderId, leaderEpoch: outcome.leaderEpoch } }
            : {}),
        })),
      })),
      throttleTimeMs: 0,
      ...(nodeEndpoints.length > 0 ? { nodeEndpoints } : {}),
    });
  }

  /** Endpoints of the leaders that NOT_LEADER_OR_FOLLOWER answers name (KIP-951). */
  #currentLeaders(): { nodeId: number; host: string; port: number; rack: string | null }[] {
    const ids = new Set<number>();
    for (const { partitions } of this.topics) {
      for (const { leaderId } of partitions) if (leaderId >= 0) ids.add(leaderId);
    }
    if (ids.size === 0) return [];
    return this.broker.endpoints(this.context.peer).filter(({ nodeId }) => ids.has(nodeId));
  }
}

/** Appends batches, one per partition, and acknowledges them as `acks` asks (Produce, KIP-98, 679, 951). */
export const handleProduce = directHandler(produce, (request, context, broker, reply) => {
  if (request.transactionalId === null && carriesTransaction(request)) {
    const { code } = E.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    reply(request.acks === 0 ? undefined : refuse(request, code));
    if (request.acks === 0) broker.closeConnection(context.peer.connectionId, 'a produce with acks=0 failed');
    return;
  }
  const pending = new PendingProduce(request, context, broker, reply);
  pending.appendAll();
  broker.turn.enlistAnswer({ endOfTurn: () => pending.startTimeout() });
});

function carriesTransaction(request: Request): boolean {
  return request.topicData.some((topic) =>
    topic.partitionData.some(
      ({ records }) => records !== null && (records[ATTRIBUTES_POSITION] ?? 0) & TRANSACTIONAL_BIT,
    ),
  );
}

function refuse(request: Request, errorCode: number): Response {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1, recordErrors: [] })),
    })),
  };
}
