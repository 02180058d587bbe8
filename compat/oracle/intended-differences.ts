import type { Difference } from './difference.ts';

/** A difference that is meant, with its reason. All three patterns must fit. */
export interface Intended {
  readonly scenario: RegExp;
  readonly step: RegExp;
  readonly path: RegExp;
  readonly reason: string;
}

export const intendedDifferences: readonly Intended[] = [];

/** Why a difference is meant, undefined when it is not. */
export function intended(difference: Difference): Intended | undefined {
  return intendedDifferences.find(
    ({ scenario, step, path }) =>
      scenario.test(difference.scenario) && step.test(difference.step) && path.test(difference.path),
  );
}
