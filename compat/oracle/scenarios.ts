import { scenario as apiVersions } from './scenarios/01-api-versions.ts';
import type { Scenario } from './scenario.ts';

/** All scenarios, in the order of their numbers. */
export const scenarios: readonly Scenario[] = [apiVersions];
