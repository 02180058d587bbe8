import type { Broker } from '../broker/broker.ts';
import { writeText } from '../runtime/write-text.ts';
import { STDERR } from './descriptors.ts';

const EXIT_UNCLEAN = 1;

/** Ctrl-C reaches a process once from the terminal and once more from a parent that hands it on, as npm does. */
const SAME_SIGNAL_MS = 100;

/**
 * The first SIGTERM, SIGINT or SIGHUP stops the broker cleanly, with exit code 0; when that takes longer than
 * `timeoutMs`, or at a further signal, the process ends at once, with exit code 1 and a log to be recovered.
 */
export function stopOnSignals(broker: Pick<Broker, 'close'>, timeoutMs: number): void {
  let stoppingSinceMs: number | undefined;
  const stop = (): void => {
    const nowMs = performance.now();
    if (stoppingSinceMs !== undefined) {
      if (nowMs - stoppingSinceMs >= SAME_SIGNAL_MS) endAtOnce('told to stop again');
      return;
    }
    stoppingSinceMs = nowMs;
    setTimeout(() => endAtOnce(`not stopped after ${timeoutMs} ms`), timeoutMs).unref();
    broker.close().then(
      () => process.exit(0),
      (error: unknown) => {
        writeText(STDERR, `posthorn: stopped uncleanly: ${String(error)}\n`);
        process.exit(EXIT_UNCLEAN);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', stop);
}

function endAtOnce(reason: string): never {
  writeText(STDERR, `posthorn: ${reason}; ending at once, the next start will recover the logs\n`);
  process.exit(EXIT_UNCLEAN);
}
