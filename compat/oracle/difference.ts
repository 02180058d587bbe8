import type { Plain } from './plain.ts';
import { ENDED_EARLY, type Step } from './scenario.ts';

/** A place where two transcripts differ. */
export interface Difference {
  readonly scenario: string;
  readonly step: string;
  readonly path: string;
  readonly kafka: Plain | undefined;
  readonly posthorn: Plain | undefined;
}

/** Compares two transcripts step by step and field by field. */
export function compareSteps(scenario: string, kafka: readonly Step[], posthorn: readonly Step[]): Difference[] {
  const found: Difference[] = [];
  for (let index = 0; index < Math.max(kafka.length, posthorn.length); index++) {
    const [a, b] = [kafka[index], posthorn[index]];
    const step = `${index + 1} ${a?.label ?? b?.label ?? ''}`;
    if (a?.label !== b?.label) {
      found.push({ scenario, step, path: 'step', kafka: a?.label, posthorn: b?.label });
      break;
    }
    if (a?.label === ENDED_EARLY) {
      found.push({ scenario, step, path: 'both', kafka: a.answer, posthorn: b?.answer });
    }
    comparePlain(a?.answer, b?.answer, '', (path, left, right) =>
      found.push({ scenario, step, path, kafka: left, posthorn: right }),
    );
  }
  return found;
}

type Report = (path: string, kafka: Plain | undefined, posthorn: Plain | undefined) => void;

function comparePlain(a: Plain | undefined, b: Plain | undefined, path: string, report: Report): void {
  if (a === b) return;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) report(`${path}.length`, a.length, b.length);
    for (let index = 0; index < Math.max(a.length, b.length); index++) {
      comparePlain(a[index], b[index], `${path}[${index}]`, report);
    }
  } else if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      comparePlain(a[key], b[key], path === '' ? key : `${path}.${key}`, report);
    }
  } else {
    report(path, a, b);
  }
}

function isObject(value: Plain | undefined): value is { [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
