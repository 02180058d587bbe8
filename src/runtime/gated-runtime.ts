import type { Timer, Timers } from './clock.ts';
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
  /** Those that are running: a dead program's keep nothing alive. */
  const running = new Set<Timer>();
  gate.on('died', () => {
    for (const timer of running) timer.cancel();
    running.clear();
  });
  return {
    set: (delayMs, callback) => {
      // One that was held back may still be cancelled.
      let isCancelled = false;
      const timer = timers.set(delayMs, () => {
        running.delete(timer);
        gate.pass(() => {
          if (!isCancelled) callback();
        });
      });
      running.add(timer);
      return {
        cancel: () => {
          isCancelled = true;
          running.delete(timer);
          timer.cancel();
        },
      };
    },
    soon: (callback) => timers.soon(() => gate.pass(callback)),
  };
}
