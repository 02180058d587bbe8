import { batchSizeWithin } from '../../src/records/batch-cursor.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import * as batch from '../../src/records/batch.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';

/** A value as it stands in a transcript: what JSON has. */
export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

const UUID_TEXT = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const KAFKA_UUID = /^[A-Za-z0-9_-]{22}$/;
/** Arrays that Kafka fills in the order of its hash maps, with the field that they are sorted by before comparing. */
const unordered: Readonly<Record<string, string>> = {
  partitionResponses: 'index',
  groups: 'groupId',
  configResources: 'resourceName',
};
/** Broker ids in the order of a hash table. */
const IDS: ReadonlySet<string> = new Set(['isrNodes', 'eligibleLeaderReplicas', 'lastKnownElr', 'offlineReplicas']);
const NOW_WINDOW_MS = 86_400_000;

/**
 * Makes answers of two brokers comparable. What is each broker's own (ids it draws, its port, its clock, the prefix of this
 * run's names) becomes a label; labels are numbered in the order of appearance, so that the same id keeps its label.
 */
export class Plainer {
  readonly #prefix: string;
  readonly #addresses: readonly string[];
  readonly #labels = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** @param addresses host:port of each broker, by their ids from 1. */
  constructor(prefix: string, addresses: readonly string[]) {
    this.#prefix = prefix;
    this.#addresses = addresses;
  }

  /** @param key the field's name, which decides how numbers and bytes are read. */
  plain(value: unknown, key = ''): Plain {
    if (value === null || value === undefined) return null;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return this.#number(value, key);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'string') return this.text(value, key);
    if (value instanceof Uint8Array) return key === 'records' ? this.#readable(value) : this.#bytes(value);
    if (Array.isArray(value)) return inOrder(value, key).map((element) => this.plain(element, key));
    this.#learnTopicId(value as Record<string, unknown>);
    const object: { [key: string]: Plain } = {};
    for (const [name, field] of Object.entries(value)) {
      if (name !== 'throttleTimeMs') object[name] = this.plain(field, name);
    }
    return object;
  }

  /** A text without what is this broker's or this run's own. */
  text(text: string, key = ''): string {
    if (key === 'clusterId') return '<cluster>';
    if (key === 'host') return '<host>';
    if (key === 'logDir') return '<dir>';
    if (KAFKA_UUID.test(text) && (key.endsWith('Id') || key.endsWith('Ids'))) return this.#uuid(text);
    return this.#addresses
      .reduce((rest, address, index) => rest.replaceAll(address, `<address${this.#ofBroker(index)}>`), text)
      .replaceAll(`${this.#prefix}-`, '')
      .replaceAll(UUID_TEXT, (id) => this.#label('uuid', id))
      .replaceAll(/(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g, (id) => this.#labels.get(`id ${id}`) ?? id);
  }

  #number(value: number, key: string): Plain {
    if (key === 'port') return this.#port(value);
    // Brokers of Kafka name any of them, and not the same at each question.
    if (key === 'controllerId' && this.#addresses.length > 1 && value > 0) return '<controller>';
    if (key === 'errorCode') return `${value} ${errorName(value)}`;
    if (key === 'producerId' && value >= 0) return this.#label('producer', String(value));
    if (key === 'sessionId' && value !== 0) return this.#label('session', String(value));
    if (key === 'finalizedFeaturesEpoch' && value >= 0) return '<epoch>';
    if ((key === 'totalBytes' || key === 'usableBytes') && value >= 0) return '<bytes>';
    return Math.abs(value - Date.now()) < NOW_WINDOW_MS ? '<now>' : value;
  }

  #port(port: number): Plain {
    const index = this.#addresses.findIndex((address) => address.endsWith(`:${port}`));
    return index < 0 ? port : `<port${this.#ofBroker(index)}>`;
  }

  /** Which broker, where there are several. */
  #ofBroker(index: number): string {
    return this.#addresses.length > 1 ? ` of ${index + 1}` : '';
  }

  #uuid(id: string): string {
    return id === ZERO_UUID ? '<zero>' : (this.#labels.get(`id ${id}`) ?? this.#label('id', id));
  }

  /** An object that names a topic and its id teaches the id's label. */
  #learnTopicId(object: Record<string, unknown>): void {
    const { topicId } = object;
    const name = object['name'] ?? object['topic'];
    if (typeof topicId !== 'string' || topicId === ZERO_UUID || typeof name !== 'string' || name === '') return;
    const label = `<id of ${this.text(name)}>`;
    if (!this.#labels.has(`id ${topicId}`)) this.#labels.set(`id ${topicId}`, label);
  }

  #label(kind: string, id: string): string {
    const known = this.#labels.get(`${kind} ${id}`);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const label = `<${kind} ${count}>`;
    this.#labels.set(`${kind} ${id}`, label);
    return label;
  }

  #bytes(bytes: Uint8Array): string {
    const text = Buffer.from(bytes).toString('utf8');
    if (/^[\x20-\x7e]*$/.test(text)) return this.text(text);
    const prefix = Buffer.from(`${this.#prefix}-`).toString('hex');
    return `0x${Buffer.from(bytes).toString('hex').replaceAll(prefix, '')}`;
  }

  /** Batches decoded; what is none is shown as bytes: requests carry such on purpose. */
  #readable(bytes: Uint8Array): Plain {
    try {
      return this.#batches(bytes);
    } catch (error) {
      if (error instanceof Error) return `${error.message}: 0x${Buffer.from(bytes).toString('hex')}`;
      throw error;
    }
  }

  #batches(bytes: Uint8Array): Plain {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const batches: Plain[] = [];
    for (let position = 0; position < bytes.length;) {
      const size = batchSizeWithin(view, position, bytes.length);
      if (size === 0) {
        batches.push(`cut off: ${bytes.length - position} bytes`);
        break;
      }
      batches.push(this.#batch(bytes, view, position));
      position += size;
    }
    return batches;
  }

  #batch(bytes: Uint8Array, view: DataView, position: number): Plain {
    return {
      baseOffset: batch.baseOffset(view, position),
      leaderEpoch: batch.partitionLeaderEpoch(view, position),
      lastOffsetDelta: batch.lastOffsetDelta(view, position),
      size: batch.batchSize(view, position),
      attributes: batch.attributes(view, position),
      crcHolds: batch.checkCrc(view, position),
      baseTimestamp: this.#number(batch.baseTimestamp(view, position), 'timestamp'),
      maxTimestamp: this.#number(batch.maxTimestamp(view, position), 'timestamp'),
      producerId: this.#number(batch.producerId(view, position), 'producerId'),
      producerEpoch: batch.producerEpoch(view, position),
      baseSequence: batch.baseSequence(view, position),
      records: decodeRecords(bytes, position).map((record) => this.plain(record)),
    };
  }
}

function inOrder(values: readonly unknown[], key: string): readonly unknown[] {
  if (IDS.has(key)) return values.toSorted((a, b) => Number(a) - Number(b));
  const field = unordered[key];
  if (field === undefined) return values;
  const rank = (value: unknown): string => String((value as Record<string, unknown>)[field]).padStart(12);
  return values.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
