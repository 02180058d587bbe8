import { BrokerError, KafkaError, TimeoutError } from '../../client/client-error.ts';
import type { RecordHeader } from '../../records/record-cursor.ts';
import { javaError } from './java-error.ts';

const PACKAGE = 'org.apache.kafka.common.errors.';

export interface FailedRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** Why a record was not written, as Java's producer says it: class and message. */
export function produceFailure(error: unknown, record: FailedRecord, settings: ReadonlyMap<string, string>): string {
  if (!(error instanceof KafkaError)) return String(error);
  const { topic } = record;
  if (error instanceof BrokerError) {
    if (error.code === 'INVALID_TOPIC_EXCEPTION') return `${PACKAGE}InvalidTopicException: Invalid topics: [${topic}]`;
    return javaError(error);
  }
  if (error.code === 'MESSAGE_TOO_LARGE') {
    const most = settings.get('max.request.size') ?? '1048576';
    const text = `The message is ${serializedBytes(record)} bytes when serialized which is larger than ${most}, which is the value of the max.request.size configuration.`;
    return `${PACKAGE}RecordTooLargeException: ${text}`;
  }
  if (error instanceof TimeoutError && error.message.startsWith(`topic ${topic} is not there`)) {
    return `${PACKAGE}TimeoutException: Topic ${topic} not present in metadata after ${settings.get('max.block.ms') ?? '60000'} ms.`;
  }
  return error instanceof TimeoutError ? `${PACKAGE}TimeoutException: ${error.message}` : error.message;
}

const BATCH_BYTES = 61;
const RECORD_BYTES = 21;

/** The most that a record takes in a batch of its own, as Java estimates it. */
function serializedBytes({ key, value, headers }: FailedRecord): number {
  let size = BATCH_BYTES + RECORD_BYTES + sized(key) + sized(value) + varintBytes(headers.length);
  for (const header of headers) size += sized(Buffer.from(header.key)) + sized(header.value);
  return size;
}

function sized(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length;
}

/** Of a zigzag number that is not negative. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}
