import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of a story in a process of its own, as it would run in a cluster: it can be killed without taking us with it. */
export class Worker<Message> {
  readonly #process: ChildProcess;
  readonly #ended: Promise<[number | null, NodeJS.Signals | null]>;

  /** @param told is called with what the program says by {@link tell}. */
  constructor(program: URL, args: readonly string[], told: (message: Message) => void) {
    this.#process = fork(fileURLToPath(program), args);
    this.#process.on('message', (message) => told(message as Message));
    this.#ended = once(this.#process, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    running.add(this.#process);
    void this.#ended.then(() => running.delete(this.#process));
  }

  /** Ends it at once (SIGKILL): it can finish, commit and say nothing more. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks it to end (SIGTERM). Rejects unless it ends well. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    const how = await this.ended();
    if (how !== 'well') throw new Error(`a worker ended with ${how}`);
  }

  /** Waits for its end: 'well', the signal that killed it, or its exit code. */
  async ended(): Promise<string> {
    const [code, signal] = await this.#ended;
    return signal ?? (code === 0 ? 'well' : `exit code ${code}`);
  }
}

/** In a worker: says something to the story. */
export function tell(message: object): void {
  process.send?.(message);
}

/** In a worker: has SIGTERM, and the end of the story, stop it. */
export function stopWith(stop: () => void): void {
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  process.channel?.unref();
}

/** In a worker: the machine fails here and now. */
export function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment; nothing happens in it.
  return new Promise(() => {});
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const each of running) each.kill('SIGKILL');
});
