import type { Scene } from './scene.ts';

/** Something that befalls the cluster while clients write and read. When it is over everything runs again. */
export interface Fault {
  /** Only in the long form. */
  readonly isLong?: true;
  /** How long writers go on, where that has to be more than some seconds; in the long form they have more records as well. */
  readonly lastsMs?: (isLong: boolean) => number;
  /** Throws when something else comes of it than has to; may answer with a figure. */
  happen(scene: Scene): Promise<string | void>;
}

export type Faults = Readonly<Record<string, Fault>>;
