import { basename, resolve } from 'node:path';
import { SegmentScanner } from '../../../log/segments/segment-scanner.ts';
import {
  addSequence,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchCrc,
  checkCrc,
  Codec,
  codecId,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  magic,
  maxTimestamp,
  NO_SEQUENCE,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
  timestampType,
  TimestampType,
} from '../../../records/batch.ts';
import { decodeRecords, type DecodedRecord } from '../../../records/batch-records.ts';
import type { DiskFile } from '../../../runtime/disk.ts';
import type { Dump } from './dump.ts';
import type { DumpDecoder } from './dump-log-options.ts';
import { controlText } from './dump-control.ts';
import { contentsOf } from './dump-contents.ts';

const INDENT = '|';

/** Prints a log, or a snapshot of KRaft: its batches, and their records when that is asked for. */
export function dumpBatches(path: string, dump: Dump): void {
  const { plan, output } = dump;
  const decoder = plan.isDeep ? plan.decoder() : undefined;
  output.text(`${headOf(basename(path))}\n`);
  const file = dump.open(path);
  try {
    const size = file.size();
    const end = Math.min(size, plan.bytesMax);
    const scanner = new SegmentScanner(file, { from: 0, to: end, checkCrc: false });
    const progress = { lastOffset: -1 };
    const bar = dump.progress(path, end);
    while (scanner.next()) {
      bar.at(scanner.filePosition);
      const bytes = wholeBatch(file, scanner);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      output.text(`${batchLine(view, scanner)}\n`);
      if (decoder !== undefined) dumpRecords({ path, bytes, view, decoder }, dump, progress);
      if (output.isFull) output.flush();
    }
    bar.end();
    const left = end - scanner.position;
    if (left > 0 && plan.isWhole) output.text(`Found ${left} invalid bytes at the end of ${basename(path)}\n`);
  } finally {
    file.close();
  }
}

/** The batch that a scanner stands on, read as a whole. */
export function wholeBatch(file: DiskFile, { filePosition, size }: SegmentScanner): Uint8Array {
  const bytes = new Uint8Array(size);
  file.read(bytes, 0, size, filePosition);
  return bytes;
}

interface DeepBatch {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly decoder: DumpDecoder;
}

/** Where a batch lies in memory. */
const at = 0;

function headOf(name: string): string {
  if (name.endsWith('.log')) return `Log starting offset: ${Number(name.split('.')[0])}`;
  if (name === 'bootstrap.checkpoint') return 'KRaft bootstrap snapshot';
  const [offset, epoch] = name.split(/[-.]/);
  return `Snapshot end offset: ${Number(offset)}, epoch: ${Number(epoch)}`;
}

function batchLine(view: DataView, { filePosition, size }: SegmentScanner): string {
  const horizon = hasDeleteHorizon(view, at) ? `OptionalLong[${baseTimestamp(view, at)}]` : 'OptionalLong.empty';
  const facts = [
    `baseOffset: ${baseOffset(view, at)}`,
    `lastOffset: ${lastOffset(view, at)}`,
    `count: ${recordCount(view, at)}`,
    `baseSequence: ${baseSequence(view, at)}`,
    `lastSequence: ${lastSequence(view, at)}`,
    `producerId: ${producerId(view, at)}`,
    `producerEpoch: ${producerEpoch(view, at)}`,
    `partitionLeaderEpoch: ${partitionLeaderEpoch(view, at)}`,
    `isTransactional: ${isTransactional(view, at)}`,
    `isControl: ${isControl(view, at)}`,
    `deleteHorizonMs: ${horizon}`,
    `position: ${filePosition}`,
    `${timeName(view)}: ${maxTimestamp(view, at)}`,
    `size: ${size}`,
    `magic: ${magic(view, at)}`,
    `compresscodec: ${codecName(codecId(view, at))}`,
    `crc: ${batchCrc(view, at)}`,
    `isvalid: ${checkCrc(view, at)}`,
  ];
  return facts.join(' ');
}

function timeName(view: DataView): string {
  return timestampType(view, at) === TimestampType.logAppendTime ? 'LogAppendTime' : 'CreateTime';
}

function codecName(id: number): string {
  return Object.entries(Codec).find(([, codec]) => codec === id)?.[0] ?? `unknown(${id})`;
}

function dumpRecords({ path, bytes, view, decoder }: DeepBatch, dump: Dump, progress: { lastOffset: number }): void {
  const { plan, output, findings } = dump;
  const isMarker = isControl(view, at);
  for (const record of decodeRecords(bytes)) {
    if (record.offset !== progress.lastOffset + 1) findings.gap(resolve(path), progress.lastOffset, record.offset);
    progress.lastOffset = record.offset;
    const metadata = plan.skipsMetadata ? '' : metadataOf(record, view);
    const marker = isMarker && !plan.skipsMetadata ? controlText(record) : '';
    // Shown as well when the contents cannot be read and end the dump.
    output.text(metadata + marker);
    const contents = plan.printsContents && !isMarker ? contentsOf(record, decoder) : [];
    const start = plan.skipsMetadata ? `${INDENT} ` : ' ';
    output.text(`${contents.length === 0 ? '' : start + contents.join(' ')}\n`);
  }
}

function metadataOf({ offset, timestamp, key, value, headers }: DecodedRecord, view: DataView): string {
  const first = baseSequence(view, at);
  const sequence = first === NO_SEQUENCE ? NO_SEQUENCE : addSequence(first, offset - baseOffset(view, at));
  const sizes = `keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1}`;
  const names = headers.map((header) => header.key).join(',');
  return `${INDENT} offset: ${offset} ${timeName(view)}: ${timestamp} ${sizes} sequence: ${sequence} headerKeys: [${names}]`;
}
