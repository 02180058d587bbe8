import type { Timers } from './clock.ts';
import type { Gate } from './gate.ts';
import { GatedDisk } from './gated-disk.ts';
import { GatedNetwork } from './gated-network.ts';
import type { Runtime } from './runtime.ts';

/** The world of one program among several in this process, which can be paused and killed by its gate. */
export function gatedRuntime(runtime: Runtime, gate: Gate): Runtime {
  return {
    ...runtime,
    timers: gatedTimers(runtime.timers, gate),
    network: new GatedNetwork(runtime.network, gate),
    disk: new GatedDisk(runtime.disk, gate),
  };
}

function gatedTimers(timers: Timers, gate: Gate): Timers {
  return {
    set: (delayMs, callback) => {
      // One that was held back may still be cancelled.
      let isCancelled = false;
      const timer = timers.set(delayMs, () =>
        gate.pass(() => {
          if (!isCancelled) callback();
        }),
      );
      return {
        cancel: () => {
          isCancelled = true;
          timer.cancel();
        },
      };
    },
    soon: (callback) => timers.soon(() => gate.pass(callback)),
  };
}
