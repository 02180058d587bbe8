import type { Clock, Timers } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Logger } from './logger.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';

/** Everything the program takes from the world outside. Composed once, at the top, and handed down in parts. */
export interface Runtime {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly logger: Logger;
  /** Files and sockets that this process may have open at a time; undefined where that cannot be told. */
  openFilesMax?(): number | undefined;
  /** The name of this machine on its network. */
  hostName(): string;
}
