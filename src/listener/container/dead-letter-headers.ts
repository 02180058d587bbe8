import type { UnreadRecord } from './error-handling.ts';

/** A header as records carry it. */
export type Header = UnreadRecord['headers'][number];

/** Names of the headers of a dead letter: those of Spring's KafkaHeaders. Numbers are big-endian, as Spring writes them. */
export const DeadLetterHeader = {
  originalTopic: 'kafka_dlt-original-topic',
  /** 32 bits. */
  originalPartition: 'kafka_dlt-original-partition',
  /** 64 bits. */
  originalOffset: 'kafka_dlt-original-offset',
  /** 64 bits. */
  originalTimestamp: 'kafka_dlt-original-timestamp',
  originalTimestampType: 'kafka_dlt-original-timestamp-type',
  originalConsumerGroup: 'kafka_dlt-original-consumer-group',
  exceptionName: 'kafka_dlt-exception-fqcn',
  exceptionCauseName: 'kafka_dlt-exception-cause-fqcn',
  exceptionMessage: 'kafka_dlt-exception-message',
  exceptionStack: 'kafka_dlt-exception-stacktrace',
} as const;

const EXCEPTION_NAMES: ReadonlySet<string> = new Set([
  DeadLetterHeader.exceptionName,
  DeadLetterHeader.exceptionCauseName,
  DeadLetterHeader.exceptionMessage,
  DeadLetterHeader.exceptionStack,
]);
/** Far below what a record may be; an error's message may hold anything. */
const TEXT_CHARACTERS_MAX = 10_000;

/**
 * The headers of the dead letter that a record becomes: its own, where it came from, and why. Of a record that was one already, the earlier
 * reason goes and its origins stay, the latest last.
 */
export function deadLetterHeaders(record: UnreadRecord, error: Error, groupId: string): Header[] {
  const type = record.timestampType === 'log-append-time' ? 'LogAppendTime' : 'CreateTime';
  const cause = error.cause instanceof Error ? [text(DeadLetterHeader.exceptionCauseName, className(error.cause))] : [];
  return [
    ...record.headers.filter(({ key }) => !EXCEPTION_NAMES.has(key)),
    text(DeadLetterHeader.originalTopic, record.topic),
    { key: DeadLetterHeader.originalPartition, value: int32(record.partition) },
    { key: DeadLetterHeader.originalOffset, value: int64(record.offset) },
    { key: DeadLetterHeader.originalTimestamp, value: int64(record.timestamp) },
    text(DeadLetterHeader.originalTimestampType, type),
    text(DeadLetterHeader.originalConsumerGroup, groupId),
    text(DeadLetterHeader.exceptionName, className(error)),
    ...cause,
    text(DeadLetterHeader.exceptionMessage, error.message),
    text(DeadLetterHeader.exceptionStack, error.stack ?? ''),
  ];
}

/** Where a dead letter came from, and why it is one; undefined for a record that is none. */
export interface DeadLetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly groupId: string;
  readonly exceptionName: string;
  readonly exceptionMessage: string;
}

/** Reads the headers of a dead letter, Spring's or ours. */
export function deadLetterOrigin({ headers }: Pick<UnreadRecord, 'headers'>): DeadLetterOrigin | undefined {
  const value = (key: string): Buffer | undefined => {
    const found = headers.findLast((header) => header.key === key)?.value;
    return found === undefined || found === null ? undefined : Buffer.from(found);
  };
  const topic = value(DeadLetterHeader.originalTopic);
  const partition = value(DeadLetterHeader.originalPartition);
  const offset = value(DeadLetterHeader.originalOffset);
  const timestamp = value(DeadLetterHeader.originalTimestamp);
  if (topic === undefined || partition?.length !== 4 || offset?.length !== 8 || timestamp?.length !== 8)
    return undefined;
  return {
    topic: topic.toString(),
    partition: partition.readInt32BE(),
    offset: Number(offset.readBigInt64BE()),
    timestamp: Number(timestamp.readBigInt64BE()),
    groupId: value(DeadLetterHeader.originalConsumerGroup)?.toString() ?? '',
    exceptionName: value(DeadLetterHeader.exceptionName)?.toString() ?? '',
    exceptionMessage: value(DeadLetterHeader.exceptionMessage)?.toString() ?? '',
  };
}

function className(error: Error): string {
  return error.constructor.name === 'Error' ? error.name : error.constructor.name;
}

function text(key: string, value: string): Header {
  return { key, value: Buffer.from(value.slice(0, TEXT_CHARACTERS_MAX)) };
}

function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
