import type { Clock, Timer, Timers } from '../../runtime/clock.ts';
import type { Disk } from '../../runtime/disk.ts';
import { cleanLog } from './cleaning.ts';
import type { CleanedGroup, CleaningJob, CleaningOutcome } from './cleaning-job.ts';
import { IoThrottle } from './io-throttle.ts';

/** What the one who wants a cleaning is told of it. */
export interface CleaningEvents {
  /**
   * A segment is ready: puts it in place, and answers whether to go on; false ends the cleaning with nothing more told.
   * Never rejects.
   */
  cleaned(group: CleanedGroup): Promise<boolean>;
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

type Steps = ReturnType<typeof cleanLog>;

const NOTHING_DONE: CleaningOutcome = { endOffset: 0, bytesRead: 0, bytesWritten: 0, keys: 0, keylessDropped: 0 };

/** Cleans in short slices between other work, where there is no second thread that sees the files. */
export class SliceRunner implements CleaningRunner {
  readonly #options: SliceOptions;
  #steps: Steps | undefined;
  #timer: Timer | undefined;

  constructor(options: SliceOptions) {
    this.#options = options;
  }

  start(job: CleaningJob, events: CleaningEvents): void {
    this.stop();
    this.#steps = cleanLog(job, this.#options.disk);
    this.#continue(this.#steps, new IoThrottle(job.bytesPerSecondMax), events);
  }

  remove(paths: readonly string[]): void {
    for (const path of paths) this.#options.disk.remove(path);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#steps?.return(NOTHING_DONE);
    this.#steps = undefined;
  }

  #continue(steps: Steps, throttle: IoThrottle, events: CleaningEvents, delayMs = 0): void {
    const slice = (): void => {
      // Another cleaning may have begun, or none is wanted any more.
      if (steps !== this.#steps) return;
      try {
        this.#slice(steps, throttle, events);
      } catch (error) {
        this.#steps = undefined;
        events.failed(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const { timers } = this.#options;
    if (delayMs > 0) this.#timer = timers.set(delayMs, slice);
    else timers.soon(slice);
  }

  /** Works for a moment, and sees to it that the cleaning goes on. */
  #slice(steps: Steps, throttle: IoThrottle, events: CleaningEvents): void {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) {
        this.#steps = undefined;
        events.done(step.value);
        return;
      }
      if (step.value.kind === 'cleaned') {
        void events.cleaned(step.value.group).then((goesOn) => {
          if (goesOn) this.#continue(steps, throttle, events);
          else if (steps === this.#steps) this.stop();
        });
        return;
      }
      const delayMs = throttle.delayMs(step.value.bytes, clock.monotonicMs());
      if (delayMs > 0) {
        this.#continue(steps, throttle, events, delayMs);
        return;
      }
    } while (clock.monotonicMs() < endMs);
    this.#continue(steps, throttle, events);
  }
}
