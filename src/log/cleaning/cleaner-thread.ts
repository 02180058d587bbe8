import { DiskError } from '../../runtime/disk.ts';
import { nodeClock, nodeTimers } from '../../runtime/node-clock.ts';
import { nodeDisk } from '../../runtime/node-disk.ts';
import { stepBack, threadPort } from '../../runtime/node-threads.ts';
import { cleanLog } from './cleaning.ts';
import { CLEANING_VERSION, type FromCleaner, type ToCleaner } from './cleaning-messages.ts';
import { IoThrottle } from './io-throttle.ts';

/** Runs in a thread of its own: cleans one log at a time, and removes files, as it is told. */
const port = threadPort();
// Producers and consumers come before the cleaner.
stepBack();
const tell = (message: FromCleaner): void => port.post(message);

let steps: ReturnType<typeof cleanLog> | undefined;
let throttle = new IoThrottle(Number.POSITIVE_INFINITY);

function work(): void {
  if (steps === undefined) return;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        steps = undefined;
        tell({ kind: 'done', outcome: step.value });
        return;
      }
      if (step.value.kind === 'cleaned') {
        tell({ kind: 'cleaned', group: step.value.group });
        return;
      }
      const delayMs = throttle.delayMs(step.value.bytes, nodeClock.monotonicMs());
      if (delayMs === 0) continue;
      nodeTimers.set(delayMs, work);
      return;
    }
  } catch (error) {
    steps = undefined;
    const code = error instanceof DiskError ? error.code : undefined;
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error), code });
  }
}

port.listen((received) => {
  const message = received as ToCleaner;
  switch (message.kind) {
    case 'clean':
      throttle = new IoThrottle(message.job.bytesPerSecondMax);
      steps = cleanLog(message.job, nodeDisk);
      work();
      break;
    case 'goOn':
      work();
      break;
    case 'remove':
      for (const path of message.paths) nodeDisk.remove(path);
      break;
    default:
      message satisfies never;
  }
});
tell({ kind: 'ready', version: CLEANING_VERSION });
