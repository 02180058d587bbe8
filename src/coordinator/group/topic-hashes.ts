import { uuidToBytes } from '../../base/uuid.ts';
import { xxh3 } from '../../base/xxh3.ts';
import type { GroupTopics } from './group-topics.ts';

const WORD_BYTES = 8;
/** Names the way of hashing, so that another one would give other hashes. */
const MAGIC = 0;

/**
 * Hashes over what an assignment depends on of topics: ids, names, partition counts, racks. A consumer group keeps one over all that
 * it reads, and its epoch moves when that differs (Kafka's Utils.computeTopicHash and computeGroupHash, to the bit).
 * A topic's hash is kept until {@link forget}; there are at most as many as topics.
 */
export class TopicHashes {
  readonly #topics: GroupTopics;
  readonly #hashes = new Map<string, bigint>();

  constructor(topics: GroupTopics) {
    this.#topics = topics;
  }

  /** The hash of a set of topics, those left out that do not exist; 0 of none. */
  of(names: Iterable<string>): bigint {
    const existing = [...names].filter((name) => this.#topics.topicId(name) !== undefined).toSorted();
    if (existing.length === 0) return 0n;
    const bytes = Buffer.alloc(existing.length * WORD_BYTES);
    existing.forEach((name, index) => bytes.writeBigInt64LE(this.#hash(name), index * WORD_BYTES));
    return xxh3(bytes);
  }

  /** The topic has changed, or is no more. */
  forget(name: string): void {
    this.#hashes.delete(name);
  }

  #hash(name: string): bigint {
    let hash = this.#hashes.get(name);
    if (hash === undefined) {
      hash = hashTopic(name, this.#topics);
      this.#hashes.set(name, hash);
    }
    return hash;
  }
}

/** Little-endian, texts as UTF-16 with their length behind them. */
export function hashTopic(name: string, topics: GroupTopics): bigint {
  const id = uuidToBytes(topics.topicId(name) ?? '');
  const partitionCount = topics.partitionCount(name) ?? 0;
  const parts = [Buffer.of(MAGIC), reversed(id.subarray(0, WORD_BYTES)), reversed(id.subarray(WORD_BYTES)), text(name)];
  parts.push(int32(partitionCount));
  for (let partition = 0; partition < partitionCount; partition++) {
    parts.push(int32(partition));
    for (const rack of topics.racks(name, partition).toSorted()) parts.push(int32(rack.length), text(rack));
  }
  return xxh3(Buffer.concat(parts));
}

function reversed(bytes: Buffer): Buffer {
  return Buffer.from(bytes).swap64();
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from(value, 'utf16le'), int32(value.length)]);
}
