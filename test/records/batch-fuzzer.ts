import { SeededRandom } from '../../src/base/seeded-random.ts';
import { BATCH_FIELD, BATCH_HEADER_BYTES, Codec, LOG_OVERHEAD_BYTES, rewriteCrc } from '../../src/records/batch.ts';
import { buildBatch, type NewRecord } from '../../src/records/batch-builder.ts';
import { compress } from '../../src/records/compression/compression.ts';
import { viewOf } from './views.ts';

const CODECS = Object.values(Codec);
const INTERESTING = [-1, 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, -0x8000_0000, 1 << 20];
const FIELDS_32 = [
  BATCH_FIELD.batchLength,
  BATCH_FIELD.lastOffsetDelta,
  BATCH_FIELD.recordCount,
  BATCH_FIELD.baseTimestamp,
  BATCH_FIELD.maxTimestamp,
  BATCH_FIELD.producerId,
  BATCH_FIELD.baseSequence,
  BATCH_FIELD.attributes,
  BATCH_FIELD.magic,
];
/** Bytes that begin or end varints, lengths and block headers badly. */
const NASTY_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

/**
 * Makes batches that are almost right: valid ones of every codec with a few faults put where a reader could trip, in
 * the header, in the packed bytes, or in the records before they are packed; mostly with a fitting length and CRC, so
 * that the fault gets past the outer checks. The same seed makes the same cases.
 */
export class BatchFuzzer {
  readonly #random: SeededRandom;
  readonly #seeds: Buffer[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    for (let index = 0; index < 40; index++) this.#seeds.push(this.#validBatch(CODECS[index % CODECS.length]!));
  }

  next(): Buffer {
    const { below } = this;
    const start = this.#seeds[below(this.#seeds.length)]!;
    let batch: Buffer = below(4) === 0 ? this.#faultyRecords(start) : Buffer.from(start);
    for (let faults = below(3); faults > 0; faults--) batch = this.#faulty(batch);
    return below(8) === 0 ? batch : sealed(batch);
  }

  readonly below = (limit: number): number => this.#random.below(limit);

  #validBatch(codec: Codec): Buffer {
    const { below } = this;
    const records: NewRecord[] = Array.from({ length: 1 + below(8) }, (_, index) => ({
      key: below(3) === 0 ? null : this.#bytes(below(12)),
      value: below(6) === 0 ? null : this.#bytes(below(below(5) === 0 ? 400 : 30)),
      timestamp: below(5) === 0 ? -1 : 1_700_000_000_000 + index * below(100_000),
      headers: Array.from({ length: below(3) }, () => ({ key: 'h'.repeat(below(4)), value: this.#bytes(below(5)) })),
    }));
    const producer = { producerId: 9, producerEpoch: 1, baseSequence: below(100) };
    return buildBatch(records, { codec, baseOffset: below(1000), ...(below(2) === 0 ? producer : {}) });
  }

  #bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const range = this.below(2) === 0 ? 2 : 256;
    for (let index = 0; index < length; index++) bytes[index] = this.below(range);
    return bytes;
  }

  /** Faults in the records, packed afterwards by a random codec, so that the packing itself is sound. */
  #faultyRecords(start: Buffer): Buffer {
    const plain = this.#seeds[this.below(this.#seeds.length / CODECS.length) * CODECS.length]!;
    let records: Buffer = Buffer.from(plain.subarray(BATCH_HEADER_BYTES));
    for (let faults = this.below(3); faults >= 0; faults--) records = this.#faultyBytes(records);
    const codec = CODECS[this.below(CODECS.length)]!;
    const header = Buffer.from((this.below(2) === 0 ? plain : start).subarray(0, BATCH_HEADER_BYTES));
    const low = BATCH_FIELD.attributes + 1;
    header[low] = (header[low]! & ~7) | codec;
    return Buffer.concat([header, compress(codec, records)]);
  }

  #faulty(batch: Buffer): Buffer {
    const { below } = this;
    switch (below(6)) {
      case 0: {
        const field = FIELDS_32[below(FIELDS_32.length)]!;
        if (batch.length < BATCH_HEADER_BYTES) return batch;
        batch.writeInt32BE(INTERESTING[below(INTERESTING.length)]! | 0, field);
        return batch;
      }
      case 1: {
        if (batch.length < BATCH_HEADER_BYTES) return batch;
        const low = BATCH_FIELD.attributes + 1;
        batch[low] = (batch[low]! & ~7) | below(8);
        return batch;
      }
      default: {
        const body = this.#faultyBytes(Buffer.from(batch.subarray(BATCH_HEADER_BYTES)));
        return Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), body]);
      }
    }
  }

  #faultyBytes(bytes: Buffer): Buffer {
    const { below } = this;
    if (bytes.length === 0) return Buffer.from([NASTY_BYTES[below(NASTY_BYTES.length)]!]);
    const at = below(bytes.length);
    switch (below(7)) {
      case 0:
        bytes[at]! ^= 1 << below(8);
        return bytes;
      case 1:
        bytes[at] = NASTY_BYTES[below(NASTY_BYTES.length)]!;
        return bytes;
      case 2:
        return bytes.subarray(0, at);
      case 3:
        return Buffer.concat([bytes, this.#bytes(below(20))]);
      case 4:
        return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + below(10), 0xff), bytes.subarray(at)]);
      case 5:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + below(8)))]);
      default: {
        const from = below(bytes.length);
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from)]);
      }
    }
  }
}

/** The batch with its length and CRC made to fit. */
function sealed(batch: Buffer): Buffer {
  if (batch.length < BATCH_HEADER_BYTES) return batch;
  batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, BATCH_FIELD.batchLength);
  rewriteCrc(viewOf(batch), 0);
  return batch;
}
