import { isUtf8 } from 'node:buffer';
import { colourOf, painted, shownSafely, type Screen } from '../../tools/screen.ts';
import { textOf, type RawRecord } from '../live/record-filter.ts';

/** On narrower terminals the time is left out, so that the value has room. */
const COLUMNS_WITH_TIME_MIN = 60;
const BINARY_BYTES_SHOWN = 16;
const TIME_LETTERS = 'HH:MM:SS.mmm'.length;

/** A record as a line for people. */
export function recordLine(record: RawRecord, screen: Screen): string {
  const { topic, partition, offset, timestamp, key, value } = record;
  const isWide = !screen.isTerminal || screen.columns() >= COLUMNS_WITH_TIME_MIN;
  const time = isWide ? [painted(screen, 'dim', timeOf(timestamp))] : [];
  const place = painted(screen, colourOf(topic), `${topic}-${partition}`);
  const head = [...time, place, painted(screen, 'dim', `@${offset}`)];
  const keyText = key === null ? [] : [painted(screen, 'yellow', shownBytes(key))];
  return [...head, ...keyText, value === null ? painted(screen, 'dim', 'null') : shownBytes(value)].join(' ');
}

/** A record as a JSON line for programs: bytes that are no text come in base64 under a name of their own. */
export function recordJson({ topic, partition, offset, timestamp, key, value, headers }: RawRecord): string {
  return JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    ...named('key', key),
    ...named('value', value),
    headers: headers.map((header) => ({ name: header.key, ...named('value', header.value) })),
  });
}

function named(name: string, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null || isUtf8(bytes)) return { [name]: textOf(bytes) };
  return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') };
}

function shownBytes(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return shownSafely(textOf(bytes) ?? '');
  const start = Buffer.from(bytes.subarray(0, BINARY_BYTES_SHOWN)).toString('hex');
  return `<${bytes.length} bytes: ${start}${bytes.length > BINARY_BYTES_SHOWN ? '…' : ''}>`;
}

function timeOf(timestamp: number): string {
  const date = new Date(timestamp);
  if (Number.isNaN(date.getTime())) return '?'.padEnd(TIME_LETTERS);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
