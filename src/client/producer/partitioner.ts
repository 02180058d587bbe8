import type { KnownPartition } from '../cluster-view.ts';
import type { Random } from '../../runtime/random.ts';
import { partitionForKey } from './murmur2.ts';

/** What a partitioner of the caller's own is told. */
export interface PartitionChoice {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly partitionCount: number;
}

/** 'default', 'roundRobin', or a function that gives a partition from 0 on. */
export type Partitioner = 'default' | 'roundRobin' | ((choice: PartitionChoice) => number);

/** Chooses the partitions of one topic for records without a key. */
export interface KeylessPartitions {
  next(partitions: readonly KnownPartition[]): number;
  /** A record of so many bytes went to the chosen partition; `isFull`: nothing more fits its batch. */
  placed(bytes: number, isFull: boolean): void;
}

/**
 * Stays with one partition until about a batch's worth of bytes went there, then takes another at random (KIP-794): batches are full
 * and partitions get equal shares, whatever the sizes of records.
 */
export class StickyPartitions implements KeylessPartitions {
  readonly #batchSize: number;
  readonly #random: Random;
  #partition = -1;
  #bytes = 0;

  constructor(batchSize: number, random: Random) {
    this.#batchSize = batchSize;
    this.#random = random;
  }

  next(partitions: readonly KnownPartition[]): number {
    if (this.#partition < 0 || this.#partition >= partitions.length) {
      this.#partition = oneOf(reachable(partitions), this.#random);
      this.#bytes = 0;
    }
    return this.#partition;
  }

  placed(bytes: number, isFull: boolean): void {
    this.#bytes += bytes;
    // Not in the middle of a batch, if it can be helped.
    const isEnough = this.#bytes >= this.#batchSize && isFull;
    if (isEnough || this.#bytes >= 2 * this.#batchSize) this.#partition = -1;
  }
}

/** One partition after the other. */
export class RoundRobinPartitions implements KeylessPartitions {
  #turn: number;

  constructor(random: Random) {
    this.#turn = Math.floor(random.next() * 0x7fff_ffff);
  }

  next(partitions: readonly KnownPartition[]): number {
    const candidates = reachable(partitions);
    return candidates[this.#turn++ % candidates.length]!.index;
  }

  placed(): void {
    // Every record takes its turn, whatever its size.
  }
}

/** A key's partition, as all of Kafka's Java clients choose it. */
export function keyedPartition(key: Uint8Array, partitions: readonly KnownPartition[]): number {
  return partitionForKey(key, partitions.length);
}

/** Partitions with a leader; all, when none has one. */
function reachable(partitions: readonly KnownPartition[]): readonly KnownPartition[] {
  if (partitions.every(({ leaderId }) => leaderId >= 0)) return partitions;
  const led = partitions.filter(({ leaderId }) => leaderId >= 0);
  return led.length > 0 ? led : partitions;
}

function oneOf(partitions: readonly KnownPartition[], random: Random): number {
  return partitions[Math.floor(random.next() * partitions.length)]!.index;
}
