import type { CommittedRecord, NumberedRecord } from '../clients/numbers.ts';

export const PARTITIONS = 3;
const WORDS = 23;
const STEP_MS = 20;

/** What the streams program gets, and what it has to put out. */
export interface Work {
  readonly lines: readonly NumberedRecord[];
  readonly left: readonly NumberedRecord[];
  readonly right: readonly NumberedRecord[];
  readonly counts: ReadonlyMap<string, number>;
  /** Joined values by key: each key is in both topics once, two thirds of them within the window. */
  readonly joined: ReadonlyMap<string, string>;
}

export function workOf(lineCount: number, startMs: number): Work {
  const work = {
    lines: [] as NumberedRecord[],
    left: [] as NumberedRecord[],
    right: [] as NumberedRecord[],
    counts: new Map<string, number>(),
    joined: new Map<string, string>(),
  };
  for (let index = 0; index < lineCount; index++) {
    const timestampMs = startMs + index * STEP_MS;
    const partition = index % PARTITIONS;
    const words = [index, index * 7 + 1, index * index].map((number) => `word${number % WORDS}`);
    for (const word of words) work.counts.set(word, (work.counts.get(word) ?? 0) + 1);
    work.lines.push({ partition, key: `line${index}`, timestampMs, value: words.join(' ') });
    const key = `k${index}`;
    work.left.push({ partition, key, timestampMs, value: `l${index}` });
    const within = index % 3 !== 0;
    work.right.push({ partition, key, timestampMs: timestampMs + (within ? 3000 : 20_000), value: `r${index}` });
    if (within) work.joined.set(key, `l${index}+r${index}`);
  }
  return work;
}

/** How the output misses what it has to be when each record counts exactly once; nothing when it does. */
export function faultsOfExactlyOnce(
  work: Work,
  counts: readonly CommittedRecord[],
  joined: readonly CommittedRecord[],
): string[] {
  const faults: string[] = [];
  for (const [word, total] of work.counts) {
    const seen = counts.filter(({ key }) => key === word).map(({ value }) => Number(value));
    const at = seen.findIndex((value, index) => value !== index + 1);
    if (seen.length !== total || at >= 0)
      faults.push(
        `${word}: ${seen.length} counts of ${total}, at ${at}: ${seen.slice(Math.max(0, at), at + 5).join()}`,
      );
  }
  if (joined.length !== work.joined.size) faults.push(`${joined.length} joined, not ${work.joined.size}`);
  return [...faults, ...faultsOfJoined(work, joined)];
}

/** The same where records may count more than once: every count is reached at least, and every pair is there. */
export function faultsOfAtLeastOnce(
  work: Work,
  counts: readonly CommittedRecord[],
  joined: readonly CommittedRecord[],
): string[] {
  const last = new Map(counts.map(({ key, value }) => [key, Number(value)]));
  const faults = [...work.counts]
    .filter(([word, total]) => (last.get(word) ?? 0) < total)
    .map(([word, total]) => `${word}: ${last.get(word)}, less than ${total}`);
  return [...faults, ...faultsOfJoined(work, joined)];
}

function faultsOfJoined(work: Work, joined: readonly CommittedRecord[]): string[] {
  const seen = new Map(joined.map(({ key, value }) => [key, value]));
  const missing = [...work.joined].filter(([key, value]) => seen.get(key) !== value).map(([key]) => key);
  const invented = [...seen.keys()].filter((key) => !work.joined.has(key));
  return [
    ...(missing.length > 0 ? [`${missing.length} pairs are missing: ${missing.slice(0, 5).join()}`] : []),
    ...(invented.length > 0 ? [`${invented.length} pairs that are none: ${invented.slice(0, 5).join()}`] : []),
  ];
}
