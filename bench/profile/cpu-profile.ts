import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What V8 writes with --cpu-prof, as far as it is read here. Times are microseconds. */
export interface CpuProfile {
  /** On the clock of `process.hrtime`, which all processes of a machine share. */
  readonly startTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** Source file and line, or `node:...`, or empty for what is no function. */
  readonly place: string;
  readonly ms: number;
}

/** Time the process was on no processor; everything else is work. */
const IDLE = '(idle)';

/** A stretch of time on the clock of the profile. */
export interface Window {
  readonly beginMicros: number;
  readonly endMicros: number;
}

/** Self time by function within a stretch of time, most first, idle time left out. */
export function selfTimes(profile: CpuProfile, window: Window, placeOf: PlaceOf = (frame) => frame.url): SelfTime[] {
  const microsById = new Map<number, number>();
  let now = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    now += profile.timeDeltas[index]!;
    if (now < window.beginMicros || now > window.endMicros) continue;
    // A delta is the time before its sample; V8 charges the sample with the time after it.
    const micros = profile.timeDeltas[index + 1] ?? 0;
    microsById.set(id, (microsById.get(id) ?? 0) + Math.max(0, micros));
  }
  const byFunction = new Map<string, SelfTime>();
  for (const { id, callFrame } of profile.nodes) {
    const ms = (microsById.get(id) ?? 0) / 1000;
    if (callFrame.functionName === IDLE || ms === 0) continue;
    const name = callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName;
    const place = placeOf(callFrame);
    const key = `${name} ${place}`;
    byFunction.set(key, { name, place, ms: ms + (byFunction.get(key)?.ms ?? 0) });
  }
  return [...byFunction.values()].toSorted((a, b) => b.ms - a.ms);
}

export type PlaceOf = (frame: CpuProfile['nodes'][number]['callFrame']) => string;

/** Traces compiled functions back to their sources, relative to `root`. */
export function sourcePlaces(root: string): PlaceOf {
  const maps = new Map<string, SourceMap | undefined>();
  return ({ url, lineNumber, columnNumber }) => {
    if (!url.startsWith('file:')) return url;
    const path = fileURLToPath(url);
    if (!maps.has(path)) maps.set(path, sourceMapOf(path));
    const entry = maps.get(path)?.findEntry(lineNumber, columnNumber);
    if (entry === undefined || !('originalSource' in entry)) return `${relative(root, path)}:${lineNumber + 1}`;
    const source = new URL(entry.originalSource, url);
    return `${relative(root, fileURLToPath(source))}:${entry.originalLine + 1}`;
  };
}

function sourceMapOf(path: string): SourceMap | undefined {
  const file = `${path}.map`;
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload) : undefined;
}

/** Sums self times by folder, for the view from further away. */
export function byFolder(times: readonly SelfTime[]): SelfTime[] {
  const sums = new Map<string, number>();
  for (const { name, place, ms } of times) {
    const folder = folderOf(name, place);
    sums.set(folder, (sums.get(folder) ?? 0) + ms);
  }
  return [...sums].map(([name, ms]) => ({ name, place: '', ms })).toSorted((a, b) => b.ms - a.ms);
}

function folderOf(name: string, place: string): string {
  if (place === '') return name.startsWith('(') ? name : '(built-in)';
  if (place.startsWith('node:')) return 'node';
  return /(?:^src|node_modules)\/(?:@[^/]+\/)?[^/]+/.exec(place)?.[0] ?? place.replace(/:\d+$/, '');
}
