import { E } from '../../protocol/errors.ts';
import { asKafkaError, brokerError, KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { Serializer } from '../serializers.ts';
import { Admission } from './admission.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { CoordinatorCalls } from './coordinator-calls.ts';
import { Flush } from './flush.ts';
import { Idempotence } from './idempotence.ts';
import type { Partitioner } from './partitioner.ts';
import { ProducerIds } from './producer-id.ts';
import { producerSettings, serializerOr, type ProducerOptions, type ProducerSettings } from './producer-options.ts';
import { headerList, recordSize, type OutgoingRecord, type ProducerRecord } from './producer-record.ts';
import { withActiveSpan } from '../observe/open-telemetry.ts';
import type { ProducerMetrics } from '../observe/metric-tables.ts';
import { ProducerWatch } from './producer-watch.ts';
import { ManyReceipt, RecordReceipt, type Receipt, type RecordMetadata, type WrittenRange } from './receipt.ts';
import { Sender } from './sender.ts';
import { TopicQueues } from './topic-queues.ts';
import type { GroupMetadata, TransactionOffset } from './transaction-offsets.ts';
import { Transactions } from './transactions.ts';

export interface SendOptions {
  /** Takes a record back as long as it waits for metadata or room; once it is in a batch it goes its way. */
  readonly signal?: AbortSignal;
}

/**
 * Writes records. `send` gives a promise for each; batches, repetitions and order are the producer's business. One producer serves a whole
 * process, and has to be closed.
 */
export class Producer<K = Uint8Array | null, V = Uint8Array | null> {
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #buffers: BatchBuffers;
  readonly #partitioner: Partitioner;
  readonly #keySerializer: Serializer<K>;
  readonly #valueSerializer: Serializer<V>;
  readonly #topics = new Map<string, TopicQueues>();
  readonly #admission: Admission;
  readonly #sender: Sender;
  readonly #transactions: Transactions | undefined;
  readonly #idempotence: Idempotence | undefined;
  readonly #watch: ProducerWatch;
  #forgotMs: number;
  #closing: Promise<void> | undefined;

  /** Use {@link Kafka.producer}. Throws INVALID_ARGUMENT. */
  constructor(cluster: Cluster, options: ProducerOptions<K, V>) {
    this.#cluster = cluster;
    this.#settings = producerSettings(options);
    this.#buffers = new BatchBuffers(this.#settings.batchSize);
    this.#partitioner = options.partitioner ?? 'default';
    this.#keySerializer = serializerOr(options.keySerializer);
    this.#valueSerializer = serializerOr(options.valueSerializer);
    this.#admission = new Admission({
      cluster,
      settings: this.#settings,
      place: ({ topic, record, partition }) => this.#place(this.#queuesOf(topic), topic, record, partition),
      crowded: (isCrowded) => (isCrowded ? this.#sender.force() : this.#sender.relax()),
    });
    const { isIdempotent, transactionalId } = this.#settings;
    const idempotence = isIdempotent ? new Idempotence(transactionalId !== null) : undefined;
    this.#idempotence = idempotence;
    this.#watch = new ProducerWatch(cluster);
    this.#forgotMs = cluster.runtime.clock.monotonicMs();
    cluster.keepTopics(() => this.#topicsUsedSince(this.#idleBeforeMs()));
    // A transactional producer has its id from the coordinator when a transaction begins.
    const ids =
      idempotence === undefined || transactionalId !== null ? undefined : new ProducerIds(cluster, idempotence);
    this.#transactions =
      idempotence === undefined || transactionalId === null
        ? undefined
        : this.#transactionsFor(transactionalId, idempotence);
    this.#sender = new Sender({
      cluster,
      settings: this.#settings,
      idempotence,
      gate: this.#transactions,
      watch: this.#watch,
      askProducerId: () =>
        ids?.ask(
          () => this.#sender.wake(),
          (error) => this.#sender.failWaiting(error),
        ),
      released: (bytes) => this.#admission.release(bytes),
    });
  }

  /**
   * Sends a record; resolves when `acks` is fulfilled. Waits while the buffer is full. Rejects with TimeoutError when
   * time is up, BrokerError for what the broker refuses, SERIALIZATION, MESSAGE_TOO_LARGE, INVALID_ARGUMENT or CLOSED.
   */
  send(record: ProducerRecord<K, V>, { signal }: SendOptions = NO_OPTIONS): Promise<RecordMetadata> {
    const sent = new Promise<RecordMetadata>(handOver);
    const { resolve, reject } = handedOver;
    try {
      this.#checkOpen(signal);
      const timestamp = record.timestamp ?? this.#cluster.runtime.clock.nowMs();
      this.#accept(record, new RecordReceipt(resolve, reject, timestamp), timestamp, signal);
    } catch (error) {
      reject(asKafkaError(error, `a record of ${record.topic}`));
    }
    // In a transaction the commit tells of failures, so nobody has to look at each promise.
    if (this.#transactions !== undefined) sent.catch(ignored);
    return sent;
  }

  /**
   * Sends many records with one promise for all, at half of what as many calls of {@link send} cost. Resolves when all are written, with where
   * they lie; rejects, as `send` does, with the first failure once all are settled: the others were written.
   */
  sendMany(
    records: readonly ProducerRecord<K, V>[],
    { signal }: SendOptions = NO_OPTIONS,
  ): Promise<readonly WrittenRange[]> {
    const receipt = new ManyReceipt(records.length);
    const nowMs = this.#cluster.runtime.clock.nowMs();
    for (const record of records) {
      try {
        this.#checkOpen(signal);
        this.#accept(record, receipt, record.timestamp ?? nowMs, signal);
      } catch (error) {
        receipt.failed(asKafkaError(error, `a record of ${record.topic}`), 1);
      }
    }
    if (this.#transactions !== undefined) receipt.settled.catch(ignored);
    return receipt.settled;
  }

  /** Sends all that waits at once; resolves when everything sent before is settled, for better or worse. */
  async flush(): Promise<void> {
    this.#sender.force();
    try {
      const waiting = new Flush();
      this.#admission.whenLeft(waiting);
      await waiting.whenDone();
      const batches = new Flush();
      for (const { waiting: unsent, unsettled } of this.#sender.active) {
        for (const batch of unsent) batch.whenSettled(batches);
        for (const batch of unsettled) batch.whenSettled(batches);
      }
      await batches.whenDone();
    } finally {
      this.#sender.relax();
    }
  }

  /**
   * Takes the transactional id: every other producer that has it is fenced, and what it left open is aborted. {@link begin} does it too; do it
   * before reading what is to be processed, since readers of committed records and offsets wait for what is open.
   */
  async initTransactions(): Promise<void> {
    await this.#withTransactions().initialise();
  }

  /**
   * Begins a transaction; needs `transactionalId`. The first one of a producer fences every other with the same id. Rejects
   * with FencedError when this one was fenced.
   */
  async begin(): Promise<void> {
    await this.#withTransactions().begin();
  }

  /** Commits: all records and offsets of the transaction, or none. Rejects with what failed; then {@link abort}. */
  async commit(): Promise<void> {
    await this.#withTransactions().commit();
  }

  /** Aborts: records are never seen by readers of committed ones. The producer is then ready for the next transaction. */
  async abort(): Promise<void> {
    await this.#withTransactions().abort();
  }

  /** Commits a group's offsets with the transaction. */
  async sendOffsets(offsets: readonly TransactionOffset[], group: GroupMetadata): Promise<void> {
    await this.#withTransactions().sendOffsets(offsets, group);
  }

  /**
   * Runs `work` in a transaction: committed when it is done, aborted when it throws or anything that it sent failed. Rejects
   * with what went wrong.
   */
  async transaction<T>(work: (producer: this) => Promise<T>): Promise<T> {
    const transactions = this.#withTransactions();
    await transactions.begin();
    try {
      const result = await work(this);
      await transactions.commit();
      return result;
    } catch (error) {
      if (transactions.mayAbort) await transactions.abort();
      throw error;
    }
  }

  /** What was counted since the producer was made, and how it stands; names and units are in docs/client-metrics.md. */
  metrics(): ProducerMetrics {
    return {
      ...this.#watch.counters,
      ...this.#cluster.metrics(),
      bufferBytesUsed: this.#admission.usedBytes,
      bufferBytesMax: this.#settings.bufferBytes,
      recordsWaiting: this.#admission.waitingCount,
    };
  }

  /** Sends what waits, then lets go of everything. What is not settled after `timeoutMs` is rejected with CLOSED. */
  close({ timeoutMs = Infinity }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    if (this.#closing !== undefined) throw closedError();
    this.#transactions?.checkOpen();
    if (signal?.aborted === true) {
      throw new KafkaError('ABORTED', 'aborted by its signal', { cause: signal.reason });
    }
  }

  #accept(
    { topic, key, value, headers, partition }: ProducerRecord<K, V>,
    receipt: Receipt,
    timestamp: number,
    signal: AbortSignal | undefined,
  ): void {
    const queues = this.#queuesOf(topic);
    const keyBytes = key === undefined ? null : this.#keySerializer.serialize(key, queues.keyContext);
    const valueBytes = this.#valueSerializer.serialize(value, queues.valueContext);
    const list = this.#settings.tracesHeaders ? withActiveSpan(headerList(headers)) : headerList(headers);
    const record: OutgoingRecord = {
      key: keyBytes,
      value: valueBytes,
      headers: list,
      timestamp,
      size: recordSize(keyBytes, valueBytes, list),
      receipt,
    };
    this.#checkSize(topic, record.size);
    if (this.#admission.admits(topic, record.size)) {
      this.#place(queues, topic, record, partition);
      return;
    }
    const deadlineMs = this.#cluster.runtime.clock.monotonicMs() + this.#settings.maxBlockMs;
    this.#admission.wait({ topic, partition, record, signal, deadlineMs });
  }

  #withTransactions(): Transactions {
    if (this.#closing !== undefined) throw closedError();
    if (this.#transactions !== undefined) return this.#transactions;
    throw new KafkaError('INVALID_STATE', 'transactions need a producer with a transactionalId');
  }

  #transactionsFor(transactionalId: string, idempotence: Idempotence): Transactions {
    return new Transactions({
      transactionalId,
      idempotence,
      calls: new CoordinatorCalls(this.#cluster, this.#settings, transactionalId),
      flush: () => this.flush(),
      dropUnsent: (error) => {
        this.#admission.rejectAll(error);
        this.#sender.dropUnsent(error);
      },
      wake: () => this.#sender.wake(),
    });
  }

  /** Puts an admitted record into its batch. */
  #place(queues: TopicQueues, topic: string, record: OutgoingRecord, partition: number | undefined): void {
    try {
      const known = this.#cluster.view.topic(topic);
      if (known === undefined) throw brokerError(E.UNKNOWN_TOPIC_OR_PARTITION, `topic ${topic}`);
      const due = queues.append(known, record, partition, this.#cluster.runtime.clock);
      if (due !== undefined) this.#sender.activate(due);
    } catch (error) {
      record.receipt.failed(asKafkaError(error, `a record of ${topic}`), 1);
      this.#admission.release(record.size);
    }
  }

  #queuesOf(topic: string): TopicQueues {
    let queues = this.#topics.get(topic);
    if (queues === undefined) {
      const { batchSize, lingerMs, codec, transactionalId } = this.#settings;
      const isTransactional = transactionalId !== null;
      const settings = { batchSize, lingerMs, codec, isTransactional, buffers: this.#buffers };
      this.#forgetIdle();
      queues = new TopicQueues(topic, settings, this.#partitioner, this.#cluster.runtime);
      this.#topics.set(topic, queues);
    }
    return queues;
  }

  #idleBeforeMs(): number {
    return this.#cluster.runtime.clock.monotonicMs() - this.#cluster.settings.metadataMaxIdleMs;
  }

  *#topicsUsedSince(monotonicMs: number): Iterable<string> {
    for (const [topic, queues] of this.#topics) if (queues.isUsedSince(monotonicMs)) yield topic;
  }

  /** When topics become more: lets go of those that nothing was written to for long, deleted ones among them. */
  #forgetIdle(): void {
    const idleBeforeMs = this.#idleBeforeMs();
    if (this.#forgotMs > idleBeforeMs) return;
    this.#forgotMs = this.#cluster.runtime.clock.monotonicMs();
    for (const [topic, queues] of this.#topics) {
      if (queues.isUsedSince(idleBeforeMs)) continue;
      const isForgotten = queues.queues.map((queue) => this.#idempotence?.forget(queue) ?? true);
      if (isForgotten.every(Boolean)) this.#topics.delete(topic);
    }
  }

  #checkSize(topic: string, size: number): void {
    const { requestBytesMax, bufferBytes } = this.#settings;
    if (size <= requestBytesMax && size <= bufferBytes) return;
    const [name, most] = size > requestBytesMax ? ['requestBytesMax', requestBytesMax] : ['bufferBytes', bufferBytes];
    throw new KafkaError('MESSAGE_TOO_LARGE', `a record of ${topic} takes ${size} bytes; ${name} is ${most}`);
  }

  async #close(timeoutMs: number): Promise<void> {
    const { timers } = this.#cluster.runtime;
    const timer = timeoutMs === Infinity ? undefined : timers.set(timeoutMs, () => this.#giveUp());
    // Left open, it would hold up readers of committed records until its timeout.
    if (this.#transactions?.mayAbort === true) await this.#transactions.abort().catch(ignored);
    await this.flush();
    timer?.cancel();
    this.#giveUp();
    this.#cluster.close();
  }

  #giveUp(): void {
    this.#admission.rejectAll(closedError());
    this.#sender.close(closedError());
  }
}

/** The functions of the promise made last. One executor for all, instead of a closure for each. */
const handedOver: { resolve: Resolve; reject: (error: Error) => void } = { resolve: ignored, reject: ignored };

type Resolve = (metadata: RecordMetadata) => void;

function handOver(resolve: Resolve, reject: (error: Error) => void): void {
  handedOver.resolve = resolve;
  handedOver.reject = reject;
}

/** A rejection that is told elsewhere. */
function ignored(): void {}

const NO_OPTIONS: SendOptions = {};

function closedError(): KafkaError {
  return new KafkaError('CLOSED', 'the producer is closed');
}
