import type { ConsumerRecord } from '../../../client/consumer/consumer-record.ts';
import { deserializerNamed, type TextOfBytes } from '../../tools/java-deserializers.ts';
import type { OutputBuffer } from '../../tools/output-buffer.ts';
import type { FormatterWarning, RecordFormatter } from './record-formatter.ts';

type Column = (record: ConsumerRecord<Uint8Array | null, Uint8Array | null>, output: OutputBuffer) => void;

/** Makes a line of a record (DefaultMessageFormatter): the columns that are asked for, the key, the value. */
export class DefaultFormatter implements RecordFormatter {
  readonly #columns: readonly Column[];
  readonly #columnSeparator: Buffer;
  readonly #lineSeparator: Buffer;
  readonly #headersSeparator: Buffer;
  readonly #nullLiteral: Buffer;

  /** @param warn told of a deserializer that there is not: bytes are shown as they are then. */
  constructor(properties: ReadonlyMap<string, string>, warn: FormatterWarning) {
    const isOn = (name: string, fallback = false): boolean => {
      const text = properties.get(name);
      return text === undefined ? fallback : text.trim().toLowerCase() === 'true';
    };
    const bytesOf = (name: string, fallback: string): Buffer => Buffer.from(properties.get(name) ?? fallback);
    this.#columnSeparator = bytesOf('key.separator', '\t');
    this.#lineSeparator = bytesOf('line.separator', '\n');
    this.#headersSeparator = bytesOf('headers.separator', ',');
    this.#nullLiteral = bytesOf('null.literal', 'null');
    const textBy = (name: string): TextOfBytes | undefined => {
      const className = properties.get(name);
      if (className === undefined) return undefined;
      const found = deserializerNamed(className);
      if (found === undefined) warn(`Unable to instantiate a deserializer from ${className}`, className);
      return found;
    };
    const [keyText, valueText, headerText] = [
      textBy('key.deserializer'),
      textBy('value.deserializer'),
      textBy('headers.deserializer'),
    ];
    const columns: readonly (readonly [boolean, Column])[] = [
      [isOn('print.timestamp'), (record, output) => output.text(timestampOf(record))],
      [isOn('print.partition'), ({ partition }, output) => output.text(`Partition:${partition}`)],
      [isOn('print.offset'), ({ offset }, output) => output.text(`Offset:${offset}`)],
      [isOn('print.delivery'), (_, output) => output.text('Delivery:NOT_PRESENT')],
      [isOn('print.epoch'), (_, output) => output.text('Epoch:NOT_PRESENT')],
      [isOn('print.headers'), ({ headers }, output) => this.#headers(headers, headerText, output)],
      [isOn('print.key'), ({ key }, output) => this.#part(key, keyText, output)],
      [isOn('print.value', true), ({ value }, output) => this.#part(value, valueText, output)],
    ];
    this.#columns = columns.filter(([isPrinted]) => isPrinted).map(([, column]) => column);
  }

  write(record: ConsumerRecord<Uint8Array | null, Uint8Array | null>, output: OutputBuffer): void {
    for (const [index, column] of this.#columns.entries()) {
      column(record, output);
      output.bytes(index === this.#columns.length - 1 ? this.#lineSeparator : this.#columnSeparator);
    }
  }

  #headers(
    headers: readonly { readonly key: string; readonly value: Uint8Array | null }[],
    textOf: TextOfBytes | undefined,
    output: OutputBuffer,
  ): void {
    if (headers.length === 0) output.text('NO_HEADERS');
    for (const [index, { key, value }] of headers.entries()) {
      if (index > 0) output.bytes(this.#headersSeparator);
      output.text(`${key}:`);
      this.#part(value, textOf, output);
    }
  }

  #part(bytes: Uint8Array | null, textOf: TextOfBytes | undefined, output: OutputBuffer): void {
    const shown = bytes ?? this.#nullLiteral;
    if (textOf === undefined) output.bytes(shown);
    else output.text(textOf(shown));
  }
}

function timestampOf({ timestamp, timestampType }: ConsumerRecord<unknown, unknown>): string {
  return `${timestampType === 'log-append-time' ? 'LogAppendTime' : 'CreateTime'}:${timestamp}`;
}
