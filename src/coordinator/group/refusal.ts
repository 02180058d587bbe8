import type { ErrorSpec } from '../../protocol/errors.ts';

/** Why a request is not granted, with the sentence that goes with it where the answer has room for one. */
export interface Refusal {
  readonly error: ErrorSpec;
  readonly message: string;
}

export function refusal(error: ErrorSpec, message: string): Refusal {
  return { error, message };
}
