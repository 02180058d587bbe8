/** Where a record lies. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the broker did not tell: with `acks: 0`, or when it recognised a repetition of long ago. */
  readonly offset: number;
  /** Milliseconds since 1970: the record's own, or the broker's where the topic has LogAppendTime. */
  readonly timestamp: number;
}

/** Where a batch was written. */
export interface WrittenBatch {
  readonly topic: string;
  readonly partition: number;
  /** -1: not known. */
  readonly baseOffset: number;
  /** Of the broker; -1 where records keep their own timestamps. */
  readonly logAppendTime: number;
}

/** Records of one call that follow each other in a partition. */
export interface WrittenRange {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the broker did not tell: with `acks: 0`, or when it recognised a repetition of long ago. */
  readonly firstOffset: number;
  readonly count: number;
}

/** Told what became of the records of one call, each once. */
export interface Receipt {
  /** `count` records from the `first` of the batch on. */
  written(batch: WrittenBatch, first: number, count: number): void;
  failed(error: Error, count: number): void;
}

/** Of one record. */
export class RecordReceipt implements Receipt {
  readonly #resolve: (metadata: RecordMetadata) => void;
  readonly #reject: (error: Error) => void;
  readonly #timestamp: number;

  constructor(resolve: (metadata: RecordMetadata) => void, reject: (error: Error) => void, timestamp: number) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timestamp = timestamp;
  }

  written({ topic, partition, baseOffset, logAppendTime }: WrittenBatch, first: number): void {
    this.#resolve({
      topic,
      partition,
      offset: baseOffset < 0 ? -1 : baseOffset + first,
      timestamp: logAppendTime < 0 ? this.#timestamp : logAppendTime,
    });
  }

  failed(error: Error): void {
    this.#reject(error);
  }
}

/** Of many records with one promise for all: kept when all are settled, for the first failure there was it is broken. */
export class ManyReceipt implements Receipt {
  readonly settled: Promise<readonly WrittenRange[]>;
  readonly #ranges: WrittenRange[] = [];
  #resolve!: (ranges: readonly WrittenRange[]) => void;
  #reject!: (error: Error) => void;
  #left: number;
  #error: Error | undefined;

  constructor(count: number) {
    this.#left = count;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (count === 0) this.#resolve(this.#ranges);
  }

  written({ topic, partition, baseOffset }: WrittenBatch, first: number, count: number): void {
    const firstOffset = baseOffset < 0 ? -1 : baseOffset + first;
    this.#ranges.push({ topic, partition, firstOffset, count });
    this.#settle(count);
  }

  failed(error: Error, count: number): void {
    this.#error ??= error;
    this.#settle(count);
  }

  #settle(count: number): void {
    this.#left -= count;
    if (this.#left > 0) return;
    if (this.#error === undefined) this.#resolve(this.#ranges);
    else this.#reject(this.#error);
  }
}
