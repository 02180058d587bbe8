import type { RecordHeader } from '../../../records/record-cursor.ts';
import { javaFailure, KAFKA_EXCEPTION } from '../../tools/java-failure.ts';

/** What a line says of a record. */
export interface LineRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/**
 * Makes a record of a line (LineMessageReader): `headers TAB key TAB value`, of which headers and key are there when `parse.headers` and
 * `parse.key` say so. Every separator can be set.
 */
export class LineReader {
  readonly #parsesKey: boolean;
  readonly #parsesHeaders: boolean;
  readonly #ignoresErrors: boolean;
  readonly #keySeparator: string;
  readonly #headersDelimiter: string;
  readonly #headersSeparator: RegExp;
  readonly #headersKeySeparator: string;
  readonly #nullMarker: string | undefined;
  #lineNumber = 0;

  /** Throws where separators could not be told apart. */
  constructor(properties: ReadonlyMap<string, string>) {
    const isOn = (name: string): boolean => properties.get(name)?.trim().toLowerCase() === 'true';
    this.#parsesKey = isOn('parse.key');
    this.#parsesHeaders = isOn('parse.headers');
    this.#ignoresErrors = isOn('ignore.error');
    const keySeparator = properties.get('key.separator') ?? '\t';
    const headersDelimiter = properties.get('headers.delimiter') ?? '\t';
    const headersSeparator = properties.get('headers.separator') ?? ',';
    const headersKeySeparator = properties.get('headers.key.separator') ?? ':';
    const nullMarker = properties.get('null.marker');
    differ(headersDelimiter, headersSeparator, 'headers.delimiter and headers.separator');
    differ(headersDelimiter, headersKeySeparator, 'headers.delimiter and headers.key.separator');
    differ(headersSeparator, headersKeySeparator, 'headers.separator and headers.key.separator');
    differ(nullMarker, keySeparator, 'null.marker and key.separator');
    differ(nullMarker, headersSeparator, 'null.marker and headers.separator');
    differ(nullMarker, headersDelimiter, 'null.marker and headers.delimiter');
    differ(nullMarker, headersKeySeparator, 'null.marker and headers.key.separator');
    this.#keySeparator = keySeparator;
    this.#headersDelimiter = headersDelimiter;
    this.#headersSeparator = patternOf(headersSeparator);
    this.#headersKeySeparator = headersKeySeparator;
    this.#nullMarker = nullMarker;
  }

  /** The record of the next line. Throws when a separator is missing, unless `ignore.error` is set. */
  record(line: string): LineRecord {
    this.#lineNumber++;
    const headers = this.#part(this.#parsesHeaders, line, 0, this.#headersDelimiter, 'headers delimiter');
    const keyAt = headers === undefined ? 0 : headers.length + this.#headersDelimiter.length;
    const key = this.#part(this.#parsesKey, line, keyAt, this.#keySeparator, 'key separator');
    const valueAt = keyAt + (key === undefined ? 0 : key.length + this.#keySeparator.length);
    return {
      key: key === undefined ? null : this.#bytes(key),
      value: this.#bytes(line.slice(valueAt)),
      headers: headers === undefined || headers === this.#nullMarker ? [] : this.#headers(headers),
    };
  }

  // oxlint-disable-next-line max-params -- what Kafka's message needs
  #part(isWanted: boolean, line: string, from: number, separator: string, name: string): string | undefined {
    if (!isWanted) return undefined;
    const at = line.indexOf(separator, from);
    if (at >= 0) return line.slice(from, at);
    if (this.#ignoresErrors) return undefined;
    throw javaFailure(KAFKA_EXCEPTION, `No ${name} found on line number ${this.#lineNumber}: '${line}'`);
  }

  #headers(text: string): RecordHeader[] {
    const pairs = text.split(this.#headersSeparator);
    // As String.split in Java: what is empty at the end is left out.
    while (pairs.length > 1 && pairs.at(-1) === '') pairs.pop();
    return pairs.map((pair) => this.#header(pair));
  }

  #header(pair: string): RecordHeader {
    const at = pair.indexOf(this.#headersKeySeparator);
    if (at < 0) {
      if (this.#ignoresErrors) return { key: pair, value: null };
      const where = `in pair '${pair}' on line number ${this.#lineNumber}`;
      throw javaFailure(KAFKA_EXCEPTION, `No header key separator found ${where}`);
    }
    const key = pair.slice(0, at);
    if (key === this.#nullMarker) {
      const text = `Header keys should not be equal to the null marker '${key}' as they can't be null`;
      throw javaFailure(KAFKA_EXCEPTION, text);
    }
    return { key, value: this.#bytes(pair.slice(at + this.#headersKeySeparator.length)) };
  }

  #bytes(text: string): Uint8Array | null {
    return text === this.#nullMarker ? null : Buffer.from(text);
  }
}

function differ(a: string | undefined, b: string, names: string): void {
  if (a === b) throw javaFailure(KAFKA_EXCEPTION, `${names} may not be equal`);
}

function patternOf(separator: string): RegExp {
  try {
    return new RegExp(separator);
  } catch {
    throw javaFailure('java.util.regex.PatternSyntaxException', `headers.separator is no pattern: ${separator}`);
  }
}
