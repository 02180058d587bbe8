import { KafkaError, TimeoutError, asKafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { SettledListener } from './producer-batch.ts';
import type { ProducerSettings } from './producer-options.ts';
import { WaitingLine, type WaitingRecord } from './waiting-line.ts';

/** Records that may wait in line; `send` rejects the next with BUFFER_FULL. */
export const WAITING_MAX = 100_000;

/** What admission asks of the producer. */
export interface AdmissionParts {
  readonly cluster: Cluster;
  readonly settings: Pick<ProducerSettings, 'bufferBytes' | 'maxBlockMs'>;
  /** Puts a record into its batch; a failure is told to the record. */
  readonly place: (waiting: WaitingRecord) => void;
  /** The line for room became empty, or was begun: batches must not linger while someone waits. */
  readonly crowded: (isCrowded: boolean) => void;
}

/**
 * Lets records in as far as the buffer holds them and their topic is known. Those that have to wait keep their order within
 * a topic.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #roomLine: WaitingLine;
  /** Records of topics that are being asked for. */
  readonly #topicLines = new Map<string, WaitingLine>();
  #usedBytes = 0;
  #isCrowded = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    const { bufferBytes, maxBlockMs } = parts.settings;
    this.#roomLine = new WaitingLine(parts.cluster.runtime, (topic) => {
      const text = `no room for a record of ${topic} within ${maxBlockMs} ms: ${bufferBytes} bytes wait to be written`;
      return new TimeoutError(text);
    });
  }

  /** Bytes of records in batches. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Records in line for room or metadata. */
  get waitingCount(): number {
    let count = this.#roomLine.length;
    for (const line of this.#topicLines.values()) count += line.length;
    return count;
  }

  /** Whether a record may go straight into a batch; if so its bytes are taken. */
  admits(topic: string, size: number): boolean {
    if (this.#roomLine.length > 0 || this.#usedBytes + size > this.#parts.settings.bufferBytes) return false;
    if (this.#topicLines.size > 0 && this.#topicLines.has(topic)) return false;
    if (this.#parts.cluster.view.topic(topic) === undefined) return false;
    this.#usedBytes += size;
    return true;
  }

  /** Has a record wait until it may go in. */
  wait(waiting: WaitingRecord): void {
    if (this.waitingCount >= WAITING_MAX) {
      const text = `${WAITING_MAX} records wait for room or metadata; await some of them before sending more`;
      waiting.record.receipt.failed(new KafkaError('BUFFER_FULL', text, { retriable: true }), 1);
      return;
    }
    const { topic } = waiting;
    const line = this.#topicLines.get(topic);
    if (line !== undefined) {
      line.push(waiting);
    } else if (this.#parts.cluster.view.topic(topic) === undefined) {
      const made = new WaitingLine(this.#parts.cluster.runtime, unknownTopicError);
      this.#topicLines.set(topic, made);
      made.push(waiting);
      void this.#discover(topic, made);
    } else {
      this.#roomLine.push(waiting);
      this.#noteCrowd();
    }
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    this.#letIn();
  }

  rejectAll(error: KafkaError): void {
    for (const line of this.#topicLines.values()) line.rejectAll(error);
    this.#roomLine.rejectAll(error);
    this.#noteCrowd();
  }

  /** Has a listener told when all that wait now have left their lines. */
  whenLeft(listener: SettledListener): void {
    for (const line of this.#topicLines.values()) line.whenLeft(listener);
    this.#roomLine.whenLeft(listener);
  }

  #letIn(): void {
    const { settings, place } = this.#parts;
    for (let first = this.#roomLine.first(); first !== undefined; first = this.#roomLine.first()) {
      if (this.#usedBytes + first.record.size > settings.bufferBytes) break;
      this.#usedBytes += first.record.size;
      // Into its batch before its line hears that it left: a flush finds it in one of the two.
      place(first);
      this.#roomLine.shift();
    }
    this.#noteCrowd();
  }

  /** Asks for a topic as long as somebody waits for it. */
  async #discover(topic: string, line: WaitingLine): Promise<void> {
    const { cluster } = this.#parts;
    while (line.length > 0 && cluster.view.topic(topic) === undefined) {
      try {
        await cluster.topic(topic, { mayCreate: true });
      } catch (thrown) {
        const error = asKafkaError(thrown, `topic ${topic}`);
        if (!error.retriable) line.rejectAll(error);
      }
    }
    this.#topicLines.delete(topic);
    for (let first = line.first(); first !== undefined; first = line.first()) {
      if (this.admits(topic, first.record.size)) this.#parts.place(first);
      else this.#roomLine.push(first);
      line.shift();
    }
    this.#noteCrowd();
  }

  #noteCrowd(): void {
    const isCrowded = this.#roomLine.length > 0;
    if (isCrowded === this.#isCrowded) return;
    this.#isCrowded = isCrowded;
    this.#parts.crowded(isCrowded);
  }
}

function unknownTopicError(topic: string): TimeoutError {
  return new TimeoutError(`topic ${topic} is not there, or its partitions cannot be learnt`);
}
