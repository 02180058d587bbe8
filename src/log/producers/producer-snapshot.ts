import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { crc32c } from '../../base/crc32c.ts';
import { Malformed } from '../../base/malformed.ts';
import { ProducerEntry } from './producer-entry.ts';

const VERSION = 1;
const CRC_POSITION = 2;
const HEADER_BYTES = 6;
const ENTRY_BYTES = 46;

/** The content of a `.snapshot` file: what the producers of a partition had written up to the offset it is named after. */
export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(VERSION);
  writer.uint32(0);
  const countAt = writer.reserve(4);
  let count = 0;
  for (const entry of entries) {
    const last = entry.batches.at(-1);
    writer.int64(entry.producerId);
    writer.int16(entry.epoch);
    writer.int32(entry.lastSequence);
    writer.int64(entry.lastOffset);
    writer.int32(last?.offsetDelta ?? 0);
    writer.int64(entry.lastTimestamp);
    writer.int32(entry.coordinatorEpoch);
    writer.int64(entry.currentTxnFirstOffset);
    count++;
  }
  writer.view.setInt32(countAt, count);
  const bytes = writer.finish();
  writer.view.setUint32(CRC_POSITION, crc32c(bytes.subarray(HEADER_BYTES)));
  return bytes;
}

/** Reads a snapshot. Throws {@link Malformed} for a wrong sum, version or length: older ones or the log itself must do. */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerEntry[] {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version !== VERSION) throw new Malformed(`producer snapshot of version ${version}`);
  const crc = reader.uint32();
  if (crc !== crc32c(bytes.subarray(HEADER_BYTES))) throw new Malformed('producer snapshot has a wrong checksum');
  const count = reader.int32();
  if (count * ENTRY_BYTES !== reader.remaining) throw new Malformed(`producer snapshot of ${count} entries is cut off`);
  const entries: ProducerEntry[] = [];
  for (let index = 0; index < count; index++) entries.push(readEntry(reader));
  return entries;
}

function readEntry(reader: ByteReader): ProducerEntry {
  const entry = new ProducerEntry(reader.int64());
  entry.epoch = reader.int16();
  const lastSequence = reader.int32();
  const lastOffset = reader.int64();
  const offsetDelta = reader.int32();
  const timestamp = reader.int64();
  if (lastOffset >= 0) entry.add({ lastSequence, lastOffset, offsetDelta, timestamp });
  entry.lastTimestamp = timestamp;
  entry.coordinatorEpoch = reader.int32();
  entry.currentTxnFirstOffset = reader.int64();
  return entry;
}
