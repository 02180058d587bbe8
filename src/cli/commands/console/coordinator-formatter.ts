import { Malformed } from '../../../base/malformed.ts';
import type { ConsumerRecord } from '../../../client/consumer/consumer-record.ts';
import { readInternalRecord, type InternalTopic } from '../../tools/internal-records.ts';
import { javaFailure } from '../../tools/java-failure.ts';
import type { OutputBuffer } from '../../tools/output-buffer.ts';
import type { RecordFormatter } from './record-formatter.ts';

/** Shows records of an internal topic as JSON, one after the other without anything between, as Kafka does. */
export class CoordinatorFormatter implements RecordFormatter {
  readonly #topic: InternalTopic;
  readonly #isShown: (type: number) => boolean;

  /** @param types the kinds of records that are shown; all when left out. */
  constructor(topic: InternalTopic, types?: readonly number[]) {
    this.#topic = topic;
    this.#isShown = (type) => types === undefined || types.includes(type);
  }

  write({ key, value, offset }: ConsumerRecord<Uint8Array | null, Uint8Array | null>, output: OutputBuffer): void {
    if (key === null) return;
    try {
      const record = readInternalRecord(this.#topic, key, value);
      if ('unknownType' in record || !this.#isShown(record.type)) return;
      const body =
        record.value === undefined ? 'null' : `{"version":${record.value.version},"data":${record.value.data}}`;
      output.text(`{"key":{"type":${record.type},"data":${record.key}},"value":${body}}`);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw javaFailure(
        'java.lang.RuntimeException',
        `Could not read record at offset ${offset} due to: ${error.message}`,
      );
    }
  }
}
