import { ByteReader } from '../../../base/byte-reader.ts';
import { decode } from '../../../protocol/codec.ts';
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../../protocol/consumer-protocol.ts';
import type { Message } from '../../../protocol/schema.ts';
import type { DecodedRecord } from '../../../records/batch-records.ts';
import { readInternalRecord, type InternalTopic } from '../../tools/internal-records.ts';
import { javaFailure, uncaught } from '../../tools/java-failure.ts';
import { messageJson } from '../../tools/message-json.ts';
import type { DumpDecoder } from './dump-log-options.ts';

/** Key and value of a record, as far as there are such. */
export function contentsOf(record: DecodedRecord, decoder: DumpDecoder): string[] {
  if ('topic' in decoder) return internalContents(record, decoder.topic);
  const { key, value } = record;
  return [
    ...(key === null ? [] : [`key: ${decoder.key(key)}`]),
    ...(value === null ? [] : [`payload: ${decoder.value(value)}`]),
  ];
}

function internalContents({ key, value, offset }: DecodedRecord, topic: InternalTopic): string[] {
  if (key === null) {
    const text = `Failed to decode message at offset ${offset} using the specified decoder (message had a missing key)`;
    throw uncaught(javaFailure('java.lang.RuntimeException', text));
  }
  try {
    const record = readInternalRecord(topic, key, value, opened);
    if ('unknownType' in record) {
      return [`key: Unknown record type ${record.unknownType} at offset ${offset}, skipping.`];
    }
    const body =
      record.value === undefined ? '<DELETE>' : `{"version":"${record.value.version}","data":${record.value.data}}`;
    return [`key: {"type":"${record.type}","data":${record.key}}`, `payload: ${body}`];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [`key: Error at offset ${offset}, skipping. ${reason}`];
  }
}

const inside: Readonly<Record<string, Message>> = {
  subscription: consumerProtocolSubscription,
  assignment: consumerProtocolAssignment,
};

/** What members of a consumer group told each other is shown instead of its bytes; what cannot be read stays bytes. */
function opened(name: string, value: unknown, whole: object): string | undefined {
  const message = Object.hasOwn(inside, name) ? inside[name] : undefined;
  const isConsumer = 'protocolType' in whole && whole.protocolType === 'consumer';
  if (message === undefined || !isConsumer || !(value instanceof Uint8Array)) return undefined;
  try {
    const reader = new ByteReader(value);
    const version = reader.int16();
    return messageJson(message, version, decode(message, version, reader));
  } catch {
    return undefined;
  }
}
