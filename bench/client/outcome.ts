/** A promise with its two ends: what callbacks of a socket settle. The first end that is called counts. */
export interface Outcome {
  readonly settled: Promise<void>;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

export function outcome(): Outcome {
  const ends: Omit<Outcome, 'settled'>[] = [];
  const settled = new Promise<void>((done, fail) => {
    ends.push({ done, fail });
  });
  return { settled, done: () => ends[0]?.done(), fail: (error) => ends[0]?.fail(error) };
}
