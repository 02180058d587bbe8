import type { Origin } from '../configuration-error.ts';

/** One setting as it was written. */
export interface Property {
  /** As written, with dots between its parts. */
  readonly key: string;
  readonly value: string;
  readonly origin: Origin;
}
