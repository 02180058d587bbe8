import type { Runtime } from '../runtime/runtime.ts';

/** What a client takes from the world outside. */
export type ClientRuntime = Pick<Runtime, 'clock' | 'timers' | 'random' | 'network' | 'logger'>;
