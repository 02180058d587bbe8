import { decodeProducerSnapshot } from '../../../log/producers/producer-snapshot.ts';
import type { Dump } from './dump.ts';

const ABORTED_BYTES = 34;
const SEQUENCES = 0x8000_0000;

/** Prints a `.snapshot`: what producers had written. */
export function dumpProducerSnapshot(path: string, dump: Dump): void {
  try {
    for (const entry of decodeProducerSnapshot(wholeFile(path, dump))) {
      const facts = [
        `producerId: ${entry.producerId}`,
        `producerEpoch: ${entry.epoch}`,
        `coordinatorEpoch: ${entry.coordinatorEpoch}`,
        `currentTxnFirstOffset: ${entry.currentTxnFirstOffset < 0 ? 'OptionalLong.empty' : `OptionalLong[${entry.currentTxnFirstOffset}]`}`,
        `lastTimestamp: ${entry.lastTimestamp}`,
      ];
      const [batch] = entry.batches;
      if (batch !== undefined) {
        const { lastSequence, lastOffset, offsetDelta, timestamp } = batch;
        const first = lastSequence - offsetDelta;
        facts.push(
          `firstSequence: ${first < 0 && lastSequence >= 0 ? first + SEQUENCES : first}`,
          `lastSequence: ${lastSequence}`,
          `lastOffset: ${lastOffset}`,
          `offsetDelta: ${offsetDelta}`,
          `timestamp: ${timestamp}`,
        );
      }
      dump.output.text(`${facts.join(' ')}\n`);
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Malformed') throw error;
    dump.err(error.message);
  }
}

/** Prints a `.txnindex`: what transactions aborted. */
export function dumpTransactionIndex(path: string, dump: Dump): void {
  const bytes = wholeFile(path, dump);
  for (let at = 0; at + ABORTED_BYTES <= bytes.length; at += ABORTED_BYTES) {
    const long = (offset: number): bigint => bytes.readBigInt64BE(at + offset);
    const facts = [
      `version: ${bytes.readInt16BE(at)}`,
      `producerId: ${long(2)}`,
      `firstOffset: ${long(10)}`,
      `lastOffset: ${long(18)}`,
      `lastStableOffset: ${long(26)}`,
    ];
    dump.output.text(`${facts.join(' ')}\n`);
  }
}

/** A file that a broker keeps small. */
export function wholeFile(path: string, dump: Dump): Buffer {
  const file = dump.open(path);
  try {
    const bytes = Buffer.alloc(file.size());
    file.read(bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    file.close();
  }
}
