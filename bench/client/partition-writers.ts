import { ZERO_UUID } from '../../src/base/uuid.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import type { Api, Fields, Read, ReadMessage, Write } from '../../src/protocol/schema.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { nodeTimers } from '../../src/runtime/node-clock.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { PeerConnection, PeerFailure } from '../../src/wire/peer-connection.ts';
import { sleep } from '../measure/wait.ts';
import { verifyNumbers, type Written } from './written-numbers.ts';

const STDERR = 2;
const PRODUCE_VERSION = 12;
const METADATA_VERSION = 12;
const ACKS_ALL = -1;
const TICK_MS = 5;
/** How often the leaders are asked for while one is not known. */
const REFRESH_MS = 25;
/** A broker that refused is left alone for so long. */
const SHUN_MS = 50;
const PER_REQUEST = 50;
const TIMEOUT_MS = 30_000;
/** The first writes of a topic make its logs. */
const START_MS = 120_000;
const ANSWER_BYTES_MAX = 10_000_000;
/** What only says that the leader is elsewhere: clients go there, and nobody sees an error. */
const ELSEWHERE: ReadonlySet<number> = new Set([3, 5, 6, 74]);

export interface WritersOptions {
  readonly ports: readonly number[];
  readonly topic: string;
  readonly partitions: number;
  /** Between two records of a partition. */
  readonly intervalMs: number;
}

interface Writer {
  readonly index: number;
  readonly written: { next: number; readonly unsure: Set<number> };
  leaderId: number;
  leaderEpoch: number;
  /** When the record that is to be written next should have been; `performance.now()`. */
  dueAt: number;
  sentAt: number;
  isUnderWay: boolean;
  longestMs: number;
  /** When a record sent after the moment looked at was acknowledged; 0 for not yet. */
  backAt: number;
}

interface Broker {
  readonly port: number;
  connection: PeerConnection | undefined;
  shunnedUntil: number;
}

/** What happened since the last {@link PartitionWriters.beginWindow}. */
export interface WriterWindow {
  /** For each partition the longest time from when a record was due until one was acknowledged. */
  readonly longestMs: readonly number[];
  /** Answers with an error other than that the leader is elsewhere, and requests that were never answered. */
  readonly errors: number;
  readonly acknowledged: number;
}

/**
 * A lean client that writes to every partition of a topic at a fixed pace with acks=all, several partitions to a request as
 * producers do, and finds the leaders anew when they change. It never sends the same record twice: each attempt has a number
 * of its own, so that in the end each acknowledged one must be there exactly once.
 */
export class PartitionWriters {
  readonly #options: WritersOptions;
  readonly #network = nodeRuntime({ level: 'error', fd: STDERR, pretty: false }).network;
  readonly #writers: readonly Writer[];
  readonly #brokers = new Map<number, Broker>();
  #timer: NodeJS.Timeout | undefined;
  #lookedFrom = Number.POSITIVE_INFINITY;
  #refreshedAt = 0;
  #isRefreshing = false;
  #nextBootstrap = 0;
  #errors = 0;
  #acknowledged = 0;
  #isStopping = false;

  static async start(options: WritersOptions): Promise<PartitionWriters> {
    const writers = new PartitionWriters(options);
    writers.#timer = setInterval(() => writers.#tick(), TICK_MS);
    await writers.untilAllWrite(performance.now(), START_MS);
    return writers;
  }

  private constructor(options: WritersOptions) {
    this.#options = options;
    const now = performance.now();
    this.#writers = Array.from({ length: options.partitions }, (_, index) => ({
      index,
      written: { next: 0, unsure: new Set<number>() },
      leaderId: -1,
      leaderEpoch: -1,
      dueAt: now + (index / options.partitions) * options.intervalMs,
      sentAt: 0,
      isUnderWay: false,
      longestMs: 0,
      backAt: 0,
    }));
  }

  beginWindow(): void {
    this.#errors = 0;
    this.#acknowledged = 0;
    for (const writer of this.#writers) writer.longestMs = 0;
  }

  get window(): WriterWindow {
    const longestMs = this.#writers.map((writer) => writer.longestMs);
    return { longestMs, errors: this.#errors, acknowledged: this.#acknowledged };
  }

  /** Until each partition acknowledged a record that was sent after `from`; how long after `from` each did, milliseconds. */
  async untilAllWrite(from: number, timeoutMs = TIMEOUT_MS): Promise<number[]> {
    for (const writer of this.#writers) writer.backAt = 0;
    this.#lookedFrom = from;
    while (this.#writers.some(({ backAt }) => backAt === 0)) {
      if (performance.now() - from > timeoutMs) {
        const missing = this.#writers.filter(({ backAt }) => backAt === 0);
        throw new Error(`${missing.length} partitions take no writes after ${timeoutMs} ms, like ${missing[0]!.index}`);
      }
      await sleep(TICK_MS);
    }
    this.#lookedFrom = Number.POSITIVE_INFINITY;
    return this.#writers.map(({ backAt }) => backAt - from);
  }

  /** Ends the writing once nothing is under way; throws unless every acknowledged record is there, once. */
  async finish(): Promise<void> {
    this.#isStopping = true;
    const deadline = performance.now() + TIMEOUT_MS;
    while (this.#writers.some(({ isUnderWay }) => isUnderWay) && performance.now() < deadline) await sleep(TICK_MS);
    this.close();
    const written = this.#writers.map((writer): Written => writer.written);
    await verifyNumbers(this.#options.ports, this.#options.topic, written);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#isStopping = true;
    for (const { connection } of this.#brokers.values()) connection?.close();
  }

  #tick(): void {
    if (this.#isStopping) return;
    const now = performance.now();
    const due = new Map<Broker, Writer[]>();
    let isAnyLost = false;
    for (const writer of this.#writers) {
      const broker = this.#brokers.get(writer.leaderId);
      if (broker === undefined || broker.shunnedUntil > now) {
        isAnyLost = true;
        continue;
      }
      if (writer.isUnderWay || writer.dueAt > now) continue;
      const sharing = due.get(broker) ?? [];
      due.set(broker, sharing);
      sharing.push(writer);
    }
    for (const [broker, writers] of due) {
      for (let at = 0; at < writers.length; at += PER_REQUEST) {
        this.#write(broker, writers.slice(at, at + PER_REQUEST), now);
      }
    }
    if (isAnyLost && !this.#isRefreshing && now - this.#refreshedAt >= REFRESH_MS) this.#refresh(now);
  }

  #write(broker: Broker, writers: readonly Writer[], now: number): void {
    const sent = writers.map((writer) => {
      const number = writer.written.next++;
      writer.isUnderWay = true;
      writer.sentAt = now;
      return { writer, number, leaderId: writer.leaderId };
    });
    const timestamp = Date.now();
    const partitionData = sent.map(({ writer, number }) => {
      const value = Buffer.alloc(8);
      value.writeInt32BE(number, 4);
      return { index: writer.index, records: buildBatch([{ value, timestamp }]) };
    });
    const { topic } = this.#options;
    const topicData = [{ name: topic, topicId: ZERO_UUID, partitionData }];
    const body = { acks: ACKS_ALL, timeoutMs: TIMEOUT_MS, topicData };
    this.#send(broker, { api: produce, version: PRODUCE_VERSION, body }, (answer) => {
      if (answer instanceof PeerFailure) {
        // Refused connections took nothing; all others may have.
        if (answer.kind !== 'refused') this.#errors++;
        for (const { writer, number } of sent) this.#failed(writer, number);
        return;
      }
      this.#answered(sent, answer);
    });
  }

  #answered(
    sent: readonly { readonly writer: Writer; readonly number: number; readonly leaderId: number }[],
    answer: ReadMessage<typeof produce.response>,
  ): void {
    const now = performance.now();
    const answers = new Map(answer.responses[0]?.partitionResponses.map((each) => [each.index, each]));
    for (const { writer, number, leaderId } of sent) {
      const { errorCode = -1, currentLeader } = answers.get(writer.index) ?? {};
      if (errorCode === 0) {
        this.#acknowledged++;
        writer.isUnderWay = false;
        writer.longestMs = Math.max(writer.longestMs, now - writer.dueAt);
        writer.dueAt = Math.max(writer.dueAt + this.#options.intervalMs, now);
        if (writer.sentAt >= this.#lookedFrom && writer.backAt === 0) writer.backAt = now;
        continue;
      }
      if (!ELSEWHERE.has(errorCode)) this.#errors++;
      this.#failed(writer, number);
      if (currentLeader !== undefined && currentLeader.leaderId >= 0 && currentLeader.leaderId !== leaderId) {
        this.#follow(writer, currentLeader.leaderId, currentLeader.leaderEpoch);
      }
    }
  }

  #failed(writer: Writer, number: number): void {
    writer.isUnderWay = false;
    writer.written.unsure.add(number);
    writer.leaderId = -1;
  }

  /** Goes to the leader that was named, unless a later one is known. */
  #follow(writer: Writer, leaderId: number, leaderEpoch: number): void {
    if (leaderEpoch < writer.leaderEpoch) return;
    writer.leaderId = leaderId;
    writer.leaderEpoch = leaderEpoch;
  }

  #refresh(now: number): void {
    this.#isRefreshing = true;
    this.#refreshedAt = now;
    const { ports, topic } = this.#options;
    const port = ports[this.#nextBootstrap++ % ports.length]!;
    const known = [...this.#brokers.values()].find((broker) => broker.port === port);
    const broker = known ?? { port, connection: undefined, shunnedUntil: 0 };
    const topics = [{ topicId: ZERO_UUID, name: topic }];
    const body = {
      topics,
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    this.#send(broker, { api: metadata, version: METADATA_VERSION, body }, (answer) => {
      this.#isRefreshing = false;
      if (!(answer instanceof PeerFailure)) this.#learn(answer);
      if (known === undefined) broker.connection?.close();
    });
  }

  #learn({ brokers, topics }: ReadMessage<typeof metadata.response>): void {
    for (const { nodeId, port } of brokers) {
      if (this.#brokers.get(nodeId)?.port === port) continue;
      this.#brokers.set(nodeId, { port, connection: undefined, shunnedUntil: 0 });
    }
    for (const { partitionIndex, errorCode, leaderId, leaderEpoch } of topics[0]?.partitions ?? []) {
      const writer = this.#writers[partitionIndex];
      if (writer !== undefined && errorCode === 0 && leaderId >= 0) this.#follow(writer, leaderId, leaderEpoch);
    }
  }

  #send<Req extends Fields, Res extends Fields>(
    broker: Broker,
    { api, version, body }: { api: Api<Req, Res>; version: number; body: Write<Req> },
    answered: (answer: Read<Res> | PeerFailure) => void,
  ): void {
    broker.connection ??= this.#connect(broker);
    broker.connection.send({ api, version, body, timeoutMs: TIMEOUT_MS }, answered);
  }

  #connect(broker: Broker): PeerConnection {
    const connection: PeerConnection = new PeerConnection({
      network: this.#network,
      timers: nodeTimers,
      address: { host: '127.0.0.1', port: broker.port },
      clientId: 'bench',
      connectTimeoutMs: TIMEOUT_MS,
      responseBytesMax: ANSWER_BYTES_MAX,
      ended: () => {
        if (broker.connection !== connection) return;
        broker.connection = undefined;
        broker.shunnedUntil = performance.now() + SHUN_MS;
      },
    });
    return connection;
  }
}
