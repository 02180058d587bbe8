import type { HandedOut } from './assigned-partitions.ts';
import type { ConsumerBatch } from './consumer-batch.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import type { Delivery } from './delivery.ts';

/** What a stream needs of its consumer besides the delivery. */
export interface StreamOwner<K, V> {
  /** Awaited before what was handed out is given to the reader: the commit of at-most-once. */
  beforeHandOut(handed: HandedOut<K, V>): Promise<void> | undefined;
  /** Awaited once the reader is done with a record or batch. */
  afterProcessing(): Promise<void> | undefined;
  /** The delivery was stopped: commits, leaves, closes. */
  ended(): Promise<void>;
}

/**
 * Records one by one. Asking for the next one says that the last one was processed; ending early (`break`, `throw`) does not: it comes again
 * when iteration goes on or another member takes over.
 */
export class RecordStream<K, V> implements AsyncIterableIterator<ConsumerRecord<K, V>> {
  readonly #delivery: Delivery<K, V>;
  readonly #owner: StreamOwner<K, V>;
  #handed: HandedOut<K, V> | undefined;
  #records: Iterator<ConsumerRecord<K, V>> | undefined;
  #last: ConsumerRecord<K, V> | undefined;

  constructor(delivery: Delivery<K, V>, owner: StreamOwner<K, V>) {
    this.#delivery = delivery;
    this.#owner = owner;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ConsumerRecord<K, V>, undefined>> {
    try {
      this.#processed();
      const waiting = this.#last === undefined ? undefined : this.#owner.afterProcessing();
      this.#last = undefined;
      if (waiting !== undefined) return waiting.then(() => this.#next());
      return this.#next();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  #next(): Promise<IteratorResult<ConsumerRecord<K, V>, undefined>> {
    const record = this.#within();
    return record === undefined ? this.#nextBatch() : Promise.resolve({ done: false, value: record });
  }

  #within(): ConsumerRecord<K, V> | undefined {
    const handed = this.#handed;
    if (handed === undefined || this.#records === undefined) return undefined;
    if (this.#delivery.isLive(handed)) {
      const { done, value } = this.#records.next();
      if (done !== true) return (this.#last = value);
      const { nextOffset: offset, leaderEpoch } = handed.batch;
      this.#delivery.processed(handed, { offset, leaderEpoch });
    }
    this.#finish();
    return undefined;
  }

  async #nextBatch(): Promise<IteratorResult<ConsumerRecord<K, V>, undefined>> {
    for (;;) {
      const handed = await this.#delivery.next();
      if (handed === undefined) {
        await this.#owner.ended();
        return { done: true, value: undefined };
      }
      this.#handed = handed;
      this.#records = handed.batch[Symbol.iterator]();
      await this.#owner.beforeHandOut(handed);
      const record = this.#within();
      if (record !== undefined) return { done: false, value: record };
    }
  }

  #processed(): void {
    const last = this.#last;
    if (last === undefined || this.#handed === undefined) return;
    this.#delivery.processed(this.#handed, { offset: last.offset + 1, leaderEpoch: last.leaderEpoch });
  }

  #finish(): void {
    const handed = this.#handed;
    this.#handed = undefined;
    this.#records = undefined;
    this.#last = undefined;
    if (handed !== undefined) this.#delivery.finished(handed);
  }
}

/** As {@link RecordStream}, a batch at a time: asking for the next says that all of the last was processed. */
export class BatchStream<K, V> implements AsyncIterableIterator<ConsumerBatch<K, V>> {
  readonly #delivery: Delivery<K, V>;
  readonly #owner: StreamOwner<K, V>;
  #handed: HandedOut<K, V> | undefined;

  constructor(delivery: Delivery<K, V>, owner: StreamOwner<K, V>) {
    this.#delivery = delivery;
    this.#owner = owner;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ConsumerBatch<K, V>, undefined>> {
    const last = this.#handed;
    if (last !== undefined) {
      const { nextOffset: offset, leaderEpoch } = last.batch;
      this.#delivery.processed(last, { offset, leaderEpoch });
      this.#finish();
      await this.#owner.afterProcessing();
    }
    const handed = await this.#delivery.next();
    if (handed === undefined) {
      await this.#owner.ended();
      return { done: true, value: undefined };
    }
    this.#handed = handed;
    await this.#owner.beforeHandOut(handed);
    return { done: false, value: handed.batch };
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  #finish(): void {
    const handed = this.#handed;
    this.#handed = undefined;
    if (handed !== undefined) this.#delivery.finished(handed);
  }
}
