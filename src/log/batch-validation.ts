import { Malformed } from '../base/malformed.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import { buildBatch } from '../records/batch-builder.ts';
import { decodeRecords, openRecords, recordTimestamp, scanBatch } from '../records/batch-records.ts';
import {
  BATCH_HEADER_BYTES,
  Codec,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  NO_TIMESTAMP,
  TimestampType,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchCrc,
  batchLength,
  checkCrc,
  codecId,
  hasProducerId,
  hasSafeNumbers,
  isCodec,
  isControl,
  isTransactional,
  lastOffsetDelta,
  magic,
  maxTimestamp,
  producerEpoch,
  producerId,
  recordCount,
  rewriteTimestamps,
  timestampType,
} from '../records/batch.ts';
import type { RecordCursor } from '../records/record-cursor.ts';
import type { RecordScan } from '../records/record-scan.ts';
import { storedCodec, type LogConfig } from './log-config.ts';

const PRODUCE_ZSTD_VERSION_MIN = 7;
/** The smallest record of Kafka's oldest format: a length below it is corrupt whatever the magic. */
const OLD_RECORD_BYTES_MIN = 14;
const MAGIC_POSITION = 16;
const RECORD_ERRORS_SHOWN = 3;
const INT64_MAX = 2n ** 63n - 1n;

/** An error of one record, by its place in the batch. */
export interface RecordError {
  readonly index: number;
  readonly message: string | null;
}

/** Why a batch is refused. */
export interface BatchRefusal {
  readonly error: ErrorSpec;
  /** In Kafka's words, for logs: Kafka tells its clients the code alone in most cases. */
  readonly detail: string;
  /** What the client is told besides the code. */
  readonly message: string | null;
  readonly recordErrors: readonly RecordError[];
  /** Kafka does not tell the log's start to a request that it refuses before it looks at the log. */
  readonly isEarly: boolean;
}

/** Who appends, where and when. */
export interface BatchContext {
  readonly partitionName: string;
  readonly config: LogConfig;
  readonly nowMs: number;
  /** Version of the Produce request. */
  readonly apiVersion: number;
}

const NO_RECORD_ERRORS: readonly RecordError[] = [];

/** Thrown by the checks here and turned into the answer by {@link prepareClientBatch}. */
class Refused extends Error {
  readonly refusal: BatchRefusal;

  constructor(error: ErrorSpec, detail: string, more: Partial<BatchRefusal> = {}) {
    super(detail);
    this.refusal = { error, detail, message: null, recordErrors: NO_RECORD_ERRORS, isEarly: false, ...more };
  }
}

/** The request itself is wrong, whatever the log. */
function refuseEarly(error: ErrorSpec, detail: string, message: string | null = null): Refused {
  return new Refused(error, detail, { isEarly: true, message });
}

/**
 * Holds one batch of a producer against everything Kafka checks before it appends (ProduceRequest.validateRecords,
 * UnifiedLog.analyzeAndValidateRecords, LogValidator), and makes it what the topic stores: largest timestamp or append
 * time put in place, recompressed when the topic has a codec of its own. Returns the batch, the very bytes that came
 * in unless it was recompressed, or the refusal.
 */
export function prepareClientBatch(bytes: Uint8Array, context: BatchContext): Uint8Array | BatchRefusal {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const size = checkFraming(view, context);
    const batch = size === bytes.length ? bytes : bytes.subarray(0, size);
    checkWhole(view, size, context);
    checkHeader(view);
    return settleRecords(batch, view, context);
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

/** Exactly one whole batch of magic 2. Bytes behind it that are no whole batch are passed over, as Kafka does. */
function checkFraming(view: DataView, { apiVersion }: BatchContext): number {
  const size = wholeBatchSize(view, 0);
  if (size === 0) {
    throw refuseEarly(
      E.INVALID_RECORD,
      `Produce requests with version ${apiVersion} must have at least one record batch per partition`,
    );
  }
  if (magic(view, 0) !== MAGIC_V2) {
    throw refuseEarly(
      E.INVALID_RECORD,
      `Produce requests with version ${apiVersion} are only allowed to contain record batches with magic version 2`,
    );
  }
  if (apiVersion < PRODUCE_ZSTD_VERSION_MIN && codecId(view, 0) === Codec.zstd) {
    throw refuseEarly(
      E.UNSUPPORTED_COMPRESSION_TYPE,
      `Produce requests with version ${apiVersion} are not allowed to use ZStandard compression`,
    );
  }
  if (wholeBatchSize(view, size) > 0) {
    throw refuseEarly(
      E.INVALID_RECORD,
      `Produce requests with version ${apiVersion} are only allowed to contain exactly one record batch per partition`,
    );
  }
  return size;
}

/** Size of the batch at `position`, of any magic; 0 when it is not whole (ByteBufferLogInputStream.nextBatchSize). */
function wholeBatchSize(view: DataView, position: number): number {
  const left = view.byteLength - position;
  if (left < LOG_OVERHEAD_BYTES) return 0;
  const length = batchLength(view, position);
  if (length < OLD_RECORD_BYTES_MIN) {
    const detail = `Record size ${length} is less than the minimum record overhead (${OLD_RECORD_BYTES_MIN})`;
    throw refuseEarly(E.CORRUPT_MESSAGE, detail, position === 0 ? detail : null);
  }
  if (left <= MAGIC_POSITION) return 0;
  const found = magic(view, position);
  if (found < 0 || found > MAGIC_V2) {
    const detail = `Invalid magic found in record: ${found}`;
    throw refuseEarly(E.CORRUPT_MESSAGE, detail, position === 0 ? detail : null);
  }
  const size = length + LOG_OVERHEAD_BYTES;
  return size <= left ? size : 0;
}

function checkWhole(view: DataView, size: number, { partitionName, config }: BatchContext): void {
  if (size < BATCH_HEADER_BYTES) {
    throw refuseEarly(
      E.CORRUPT_MESSAGE,
      `Record batch is corrupted (the size ${size} is smaller than the minimum allowed overhead ${BATCH_HEADER_BYTES})`,
    );
  }
  const base = baseOffset(view, 0);
  if (base !== 0) {
    throw new Refused(
      E.INVALID_RECORD,
      `The baseOffset of the record batch in the append to ${partitionName} should be 0, but it is ${base}`,
    );
  }
  if (size > config.maxMessageBytes) {
    throw refuseEarly(
      E.MESSAGE_TOO_LARGE,
      `The record batch size in the append to ${partitionName} is ${size} bytes which exceeds the maximum configured value of ${config.maxMessageBytes}).`,
    );
  }
  if (!checkCrc(view, 0)) {
    throw refuseEarly(
      E.CORRUPT_MESSAGE,
      `Record is corrupt (stored crc = ${batchCrc(view, 0)}) in topic partition ${partitionName}.`,
    );
  }
}

function checkHeader(view: DataView): void {
  const count = recordCount(view, 0);
  const offsets = lastOffsetDelta(view, 0) + 1;
  if (offsets <= 0) {
    throw new Refused(E.INVALID_RECORD, `Batch has an invalid offset range: [0, ${offsets - 1}]`);
  }
  if (count <= 0) throw new Refused(E.INVALID_RECORD, `Invalid reported count for record batch: ${count}`);
  if (count !== offsets) {
    throw new Refused(
      E.INVALID_RECORD,
      `Inconsistent batch offset range [0, ${offsets - 1}] and count of records ${count}`,
    );
  }
  if (isControl(view, 0)) throw new Refused(E.INVALID_RECORD, 'Clients are not allowed to write control records');
  if (hasProducerId(view, 0) && baseSequence(view, 0) < 0) {
    throw new Refused(
      E.INVALID_RECORD,
      `Invalid sequence number ${baseSequence(view, 0)} in record batch with producerId ${producerId(view, 0)}`,
    );
  }
}

function settleRecords(batch: Uint8Array, view: DataView, context: BatchContext): Uint8Array {
  const { config } = context;
  const scan = trustedHeader(view, context) ?? scanOrRefuse(batch, view);
  const isAppendTime = config.messageTimestampType === 'LogAppendTime';
  const refused = needsRecordErrors(view, scan, context) ? recordErrorsOf(batch, view, context) : undefined;
  if (refused !== undefined) throw refused;
  const codec = storedCodec(config.compressionType);
  const timestamp = isAppendTime ? context.nowMs : scan.timestampMax;
  if (codec !== undefined && codec !== codecId(view, 0)) return recompressed(batch, view, context);
  rewriteTimestamps(view, 0, isAppendTime ? TimestampType.logAppendTime : TimestampType.createTime, timestamp);
  return batch;
}

/**
 * What the header says of the records of a compressed batch, where the topic lets that do (`posthorn.batch.validation`) and it
 * breaks no rule. Undefined where the records have to be looked at all the same: their keys count, they are packed anew, or
 * the answer has to name them.
 */
function trustedHeader(view: DataView, context: BatchContext): RecordScan | undefined {
  const { batchValidation, cleanupPolicy, compressionType } = context.config;
  const codec = codecId(view, 0);
  if (batchValidation !== 'headers' || codec === Codec.none || !isCodec(codec)) return undefined;
  if (cleanupPolicy.compact || (storedCodec(compressionType) ?? codec) !== codec) return undefined;
  if (!hasSafeNumbers(view, 0)) return undefined;
  const said: RecordScan = {
    recordCount: recordCount(view, 0),
    offsetsContiguous: true,
    timestampMin: baseTimestamp(view, 0),
    timestampMax: maxTimestamp(view, 0),
    indexOfTimestampMax: 0,
    firstKeyless: -1,
  };
  return needsRecordErrors(view, said, context) ? undefined : said;
}

function scanOrRefuse(batch: Uint8Array, view: DataView): RecordScan {
  try {
    return scanBatch(batch, view, 0);
  } catch (error) {
    if (error instanceof Malformed) throw new Refused(E.INVALID_RECORD, error.message);
    throw error;
  }
}

/** Whether any record of the batch breaks a rule; the second look, record by record, is for the answer only. */
function needsRecordErrors(view: DataView, scan: RecordScan, context: BatchContext): boolean {
  const { config, nowMs } = context;
  if (config.cleanupPolicy.compact && scan.firstKeyless >= 0) return true;
  if (codecId(view, 0) !== Codec.none && !scan.offsetsContiguous) return true;
  if (timestampType(view, 0) === TimestampType.logAppendTime) return true;
  if (config.messageTimestampType === 'LogAppendTime' || scan.timestampMin === NO_TIMESTAMP) return false;
  return (
    scan.timestampMin < nowMs - config.messageTimestampBeforeMaxMs ||
    scan.timestampMax > nowMs + config.messageTimestampAfterMaxMs
  );
}

interface FoundError {
  readonly error: ErrorSpec;
  readonly index: number;
  readonly message: string;
}

/** The answer that names each wrong record; undefined when, record by record, none is. */
function recordErrorsOf(batch: Uint8Array, view: DataView, context: BatchContext): Refused | undefined {
  const found: FoundError[] = [];
  const cursor = openRecords(batch, view, 0);
  for (let index = 0; cursor.next(); index++) {
    const wrong = recordError(cursor, view, index, context);
    if (wrong !== undefined) found.push({ ...wrong, index });
  }
  if (found.length === 0) return undefined;
  const recordErrors = found.map(({ index, message }) => ({ index, message }));
  if (found.some(({ error }) => error === E.INVALID_TIMESTAMP)) {
    const message = 'One or more records have been rejected due to invalid timestamp';
    return new Refused(E.INVALID_TIMESTAMP, message, { message, recordErrors });
  }
  const shown = recordErrors
    .slice(0, RECORD_ERRORS_SHOWN)
    .map(({ index, message }) => `RecordError(batchIndex=${index}, message='${message}')`);
  const message = `One or more records have been rejected due to ${found.length} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`;
  return new Refused(E.INVALID_RECORD, message, { message, recordErrors });
}

/** What is wrong with the record the cursor stands on (LogValidator.validateRecord). */
function recordError(
  cursor: RecordCursor,
  view: DataView,
  index: number,
  { config, nowMs, partitionName }: BatchContext,
): Omit<FoundError, 'index'> | undefined {
  if (codecId(view, 0) !== Codec.none && cursor.offsetDelta !== index) {
    const message = `Inner record ${describe(cursor, view)} inside the compressed record batch does not have incremental offsets, expected offset is ${index} in topic partition ${partitionName}.`;
    return { error: E.INVALID_RECORD, message };
  }
  if (config.cleanupPolicy.compact && cursor.keyLength < 0) {
    const message = `Compacted topic cannot accept message without key in topic partition ${partitionName}`;
    return { error: E.INVALID_RECORD, message };
  }
  const timestamp = recordTimestamp(view, 0, cursor);
  if (config.messageTimestampType === 'CreateTime' && timestamp !== NO_TIMESTAMP) {
    const earliest = bound(nowMs, -config.messageTimestampBeforeMaxMs);
    const latest = bound(nowMs, config.messageTimestampAfterMaxMs);
    if (timestamp >= earliest && timestamp <= latest) return undefined;
    const message = `Timestamp ${timestamp} of message with offset ${cursor.offsetDelta} is out of range. The timestamp should be within [${earliest}, ${latest}]`;
    return { error: E.INVALID_TIMESTAMP, message };
  }
  if (timestampType(view, 0) !== TimestampType.logAppendTime) return undefined;
  const message = `Invalid timestamp type in message ${describe(cursor, view)}. Producer should not set timestamp type to LogAppendTime.`;
  return { error: E.INVALID_TIMESTAMP, message };
}

/** `nowMs + distanceMs` as a 64-bit number prints: a distance beyond 2^53 stands for the largest there is. */
function bound(nowMs: number, distanceMs: number): bigint {
  if (Math.abs(distanceMs) < Number.MAX_SAFE_INTEGER) return BigInt(nowMs) + BigInt(distanceMs);
  return BigInt.asIntN(64, BigInt(nowMs) + (distanceMs < 0 ? -INT64_MAX : INT64_MAX));
}

function describe(cursor: RecordCursor, view: DataView): string {
  const timestamp = recordTimestamp(view, 0, cursor);
  return `DefaultRecord(offset=${cursor.offsetDelta}, timestamp=${timestamp}, key=${Math.max(cursor.keyLength, 0)} bytes, value=${Math.max(cursor.valueLength, 0)} bytes)`;
}

/** The same records in a batch of the topic's own codec. Sizes are held against the topic's bounds again by the caller. */
function recompressed(batch: Uint8Array, view: DataView, context: BatchContext): Uint8Array {
  const { config, nowMs } = context;
  const hasProducer = hasProducerId(view, 0);
  return buildBatch(decodeRecords(batch), {
    codec: storedCodec(config.compressionType) ?? Codec.none,
    levels: config.compressionLevels,
    transactional: isTransactional(view, 0),
    ...(config.messageTimestampType === 'LogAppendTime' ? { logAppendTime: nowMs } : {}),
    ...(hasProducer
      ? {
          producerId: producerId(view, 0),
          producerEpoch: producerEpoch(view, 0),
          baseSequence: baseSequence(view, 0),
        }
      : {}),
  });
}
