import type { ConsumerRecord } from '../../../client/consumer/consumer-record.ts';
import type { OutputBuffer } from '../../tools/output-buffer.ts';

/** Makes text of records. */
export interface RecordFormatter {
  /** Writes a record. Throws when it cannot be shown; what was written before stays. */
  write(record: ConsumerRecord<Uint8Array | null, Uint8Array | null>, output: OutputBuffer): void;
}

/** Told what is wrong with a formatter's settings and which class is not there. */
export type FormatterWarning = (text: string, missingClass: string) => void;
