import type { Difference } from './difference.ts';

/** A difference that is meant, with its reason. All three patterns must fit. */
export interface Intended {
  readonly scenario: RegExp;
  readonly step: RegExp;
  readonly path: RegExp;
  readonly reason: string;
}

const any = /(?:)/;

export const intendedDifferences: readonly Intended[] = [
  {
    scenario: /^06-produce$/,
    step: /null records/,
    path: any,
    reason: 'Produce with null records: Kafka never answers, Posthorn answers INVALID_RECORD',
  },
  {
    scenario: /^(03|19|20)-/,
    step: any,
    path: /posthorn\.|\.profile$/,
    reason: 'settings of Posthorn that Kafka does not have',
  },
];

/** Why a difference is meant, undefined when it is not. */
export function intended(difference: Difference): Intended | undefined {
  return intendedDifferences.find(
    ({ scenario, step, path }) =>
      scenario.test(difference.scenario) && step.test(difference.step) && path.test(difference.path),
  );
}
