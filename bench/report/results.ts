import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scale } from '../scale.ts';
import type { Values } from '../workload.ts';
import type { Machine } from './machine.ts';

/** One measurement, as it came; `turn` is its place in the order of the run. */
export interface Measurement {
  readonly turn: number;
  readonly round: number;
  /** A broker, or a client. */
  readonly side: string;
  /** In a curve: how large what grows was. */
  readonly size?: number;
  /** Cores that other processes kept busy meanwhile. */
  readonly foreignCores: number;
  readonly values: Values;
}

/** The raw data of one workload in one run: what is kept, and all that the reports are made from. */
export interface Result {
  readonly workload: string;
  readonly scale: Scale;
  readonly at: string;
  readonly commit: string;
  readonly kafka: string;
  readonly machine: Machine;
  readonly measurements: readonly Measurement[];
}

export function saveResult(directory: string, result: Result): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${result.workload}.json`), `${jsonOf(result)}\n`);
}

export function loadResults(directory: string): ReadonlyMap<string, Result> {
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
  const results = files.map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Result);
  return new Map(results.map((result) => [result.workload, result]));
}

/** One line to a measurement. */
function jsonOf({ measurements, ...facts }: Result): string {
  const head = JSON.stringify(facts, null, 2).slice(0, -2);
  const lines = measurements.map((measurement) => `    ${JSON.stringify(measurement)}`);
  return `${head},\n  "measurements": [\n${lines.join(',\n')}\n  ]\n}`;
}

/** Cores busy with other things than the bench: average over the measurements of a workload. */
export function foreignCores({ measurements }: Result): number {
  return measurements.reduce((sum, each) => sum + each.foreignCores, 0) / measurements.length;
}

/** The metrics that a result has: one that was added later is not measured yet. */
export function measuredOf<M extends { readonly key: string }>(metrics: readonly M[], { measurements }: Result): M[] {
  return metrics.filter(({ key }) => measurements.some(({ values }) => key in values));
}
