import { DiskError } from '../../runtime/disk.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Thread, Threads } from '../../runtime/threads.ts';
import type { CleaningEvents, CleaningRunner } from './cleaning-runner.ts';
import { CLEANING_VERSION, type FromCleaner, type ToCleaner } from './cleaning-messages.ts';
import type { CleaningJob } from './cleaning-job.ts';

/**
 * Cleans in a thread of its own, which is started for the first cleaning and ended by {@link stop}. Where no thread can be
 * had, or only one of another version, the work is done by `substitute` from then on.
 */
export class ThreadRunner implements CleaningRunner {
  readonly #threads: Threads;
  readonly #substitute: CleaningRunner;
  readonly #logger: Logger;
  #thread: Thread | undefined;
  #isReady = false;
  #isUsable = true;
  #current: { readonly job: CleaningJob; readonly events: CleaningEvents } | undefined;

  constructor(threads: Threads, substitute: CleaningRunner, logger: Logger) {
    this.#threads = threads;
    this.#substitute = substitute;
    this.#logger = logger;
  }

  start(job: CleaningJob, events: CleaningEvents): void {
    if (!this.#isUsable) {
      this.#substitute.start(job, events);
      return;
    }
    this.#current = { job, events };
    if (this.#thread === undefined) this.#startThread();
    else if (this.#isReady) this.#tell({ kind: 'clean', job });
  }

  remove(paths: readonly string[]): void {
    if (this.#thread === undefined || !this.#isReady) this.#substitute.remove(paths);
    else this.#tell({ kind: 'remove', paths });
  }

  stop(): void {
    this.#current = undefined;
    this.#thread?.end();
    this.#thread = undefined;
    this.#isReady = false;
    this.#substitute.stop();
  }

  #startThread(): void {
    this.#thread = this.#threads.start('cleaner', {
      message: (message) => this.#heard(message as FromCleaner),
      failed: (error) => this.#failed(error),
    });
  }

  #heard(message: FromCleaner): void {
    const current = this.#current;
    if (current === undefined) return;
    switch (message.kind) {
      case 'ready':
        if (message.version !== CLEANING_VERSION) {
          this.#giveUp(`its version is ${message.version}, not ${CLEANING_VERSION}`);
          return;
        }
        this.#isReady = true;
        this.#tell({ kind: 'clean', job: current.job });
        break;
      case 'cleaned':
        void current.events.cleaned(message.group).then((goesOn) => {
          if (current !== this.#current) return;
          if (goesOn) this.#tell({ kind: 'goOn' });
          else this.stop();
        });
        break;
      case 'done':
        this.#current = undefined;
        current.events.done(message.outcome);
        break;
      case 'failed':
        this.#current = undefined;
        current.events.failed(failure(message.message, message.code, current.job.directory));
        break;
      default:
        message satisfies never;
    }
  }

  #failed(error: Error): void {
    this.#thread = undefined;
    if (!this.#isReady) {
      this.#giveUp(error.message);
      return;
    }
    this.#isReady = false;
    const current = this.#current;
    this.#current = undefined;
    current?.events.failed(error);
  }

  #giveUp(reason: string): void {
    this.#logger.warn('the cleaning thread cannot be used until the next start; cleaning goes on beside other work', {
      reason,
    });
    const current = this.#current;
    this.stop();
    this.#isUsable = false;
    if (current !== undefined) this.#substitute.start(current.job, current.events);
  }

  #tell(message: ToCleaner): void {
    this.#thread?.post(message);
  }
}

/** What went wrong in the thread, with what the system said of it. */
function failure(message: string, code: string | undefined, directory: string): Error {
  return code === undefined ? new Error(message) : new DiskError(code, directory, message);
}
