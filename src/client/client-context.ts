import type { ClientRuntime } from './client-runtime.ts';
import type { ClientSettings } from './client-options.ts';
import type { NetworkCounters } from './observe/metric-tables.ts';

/** What everything inside one client shares. */
export interface ClientContext {
  readonly runtime: ClientRuntime;
  readonly settings: ClientSettings;
  readonly counters: NetworkCounters;
}
