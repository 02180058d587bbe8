import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { cleanLog } from './cleaning.ts';
import type { CleanedGroup, CleaningJob, CleaningOutcome } from './cleaning-job.ts';
import { IoThrottle } from './io-throttle.ts';

/** What the one who wants a cleaning is told of it. */
export interface CleaningEvents {
  /** A segment is ready: puts it in place, and answers whether to go on; false ends the cleaning with nothing more told. */
  cleaned(group: CleanedGroup): boolean;
  done(outcome: CleaningOutcome): void;
  failed(error: Error): void;
}

/** Does one cleaning at a time, beside everything else. */
export interface CleaningRunner {
  start(job: CleaningJob, events: CleaningEvents): void;
  /** Removes files, which may take a while. */
  remove(paths: readonly string[]): void;
  /** Lets go of what is under way, and of what was kept for the next cleaning. */
  stop(): void;
}

/** Longest piece of work before others have their turn. */
const SLICE_MS = 1;

export interface SliceOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
}

const NOTHING_DONE: CleaningOutcome = { endOffset: 0, bytesRead: 0, bytesWritten: 0, keys: 0, keylessDropped: 0 };

/** Cleans in short slices between other work, where there is no second thread that sees the files. */
export class SliceRunner implements CleaningRunner {
  readonly #options: SliceOptions;
  #steps: ReturnType<typeof cleanLog> | undefined;
  #timer: Timer | undefined;

  constructor(options: SliceOptions) {
    this.#options = options;
  }

  start(job: CleaningJob, events: CleaningEvents): void {
    const { disk, timers } = this.#options;
    this.stop();
    const steps = cleanLog(job, disk);
    this.#steps = steps;
    const throttle = new IoThrottle(job.bytesPerSecondMax);
    const slice = (): void => {
      // Another cleaning may have begun, or none is wanted any more.
      if (steps !== this.#steps) return;
      let delayMs: number | undefined;
      try {
        delayMs = this.#slice(steps, throttle, events);
      } catch (error) {
        this.#steps = undefined;
        events.failed(error instanceof Error ? error : new Error(String(error)));
      }
      if (delayMs === undefined) return;
      if (delayMs > 0) this.#timer = timers.set(delayMs, slice);
      else timers.soon(slice);
    };
    timers.soon(slice);
  }

  remove(paths: readonly string[]): void {
    for (const path of paths) this.#options.disk.remove(path);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#steps?.return(NOTHING_DONE);
    this.#steps = undefined;
  }

  /** Works for a moment; returns how long to pause, or undefined when the cleaning is over. */
  #slice(steps: ReturnType<typeof cleanLog>, throttle: IoThrottle, events: CleaningEvents): number | undefined {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) {
        this.#steps = undefined;
        events.done(step.value);
        return undefined;
      }
      if (step.value.kind === 'worked') {
        const delayMs = throttle.delayMs(step.value.bytes, clock.monotonicMs());
        if (delayMs > 0) return delayMs;
      } else if (!events.cleaned(step.value.group)) {
        this.stop();
        return undefined;
      }
    } while (clock.monotonicMs() < endMs && steps === this.#steps);
    return 0;
  }
}
