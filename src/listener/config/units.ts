const MS_OF: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const BYTES_OF: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 };
const ISO_DURATION = /^([+-]?)P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

/** Whole milliseconds out of `500`, `500ms`, `5s`, `1m`, or ISO 8601 (`PT5S`); undefined when it is none of them. */
export function durationMs(text: string): number | undefined {
  const simple = /^(\d+)\s*([a-z]{0,2})$/i.exec(text);
  const unit = simple === null ? undefined : MS_OF[(simple[2] === '' ? 'ms' : simple[2]!).toLowerCase()];
  if (simple !== null) return unit === undefined ? undefined : Math.round(Number(simple[1]) * unit);
  const iso = ISO_DURATION.exec(text);
  if (iso === null || iso[1] === '-') return undefined;
  const [days, hours, minutes, seconds] = iso.slice(2).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return Math.round(((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000);
}

/** Bytes out of `16384`, `16KB`, `1MB`; undefined when it is none of them. */
export function sizeBytes(text: string): number | undefined {
  const found = /^(\d+)\s*([a-z]{0,2})$/i.exec(text);
  const unit = found === null ? undefined : BYTES_OF[(found[2] === '' ? 'b' : found[2]!).toLowerCase()];
  return found === null || unit === undefined ? undefined : Number(found[1]) * unit;
}

/** As Spring reads truth; undefined when it is neither. */
export function truth(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(word)) return true;
  return ['false', 'off', 'no', '0'].includes(word) ? false : undefined;
}
