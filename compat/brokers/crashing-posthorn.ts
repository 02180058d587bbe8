import { startPosthorn, type RunningPosthorn } from './posthorn.ts';
import type { RunningBroker } from './running-broker.ts';

/** A Posthorn that is killed with SIGKILL and started again: its port and data stay the same over all its lives. */
export class CrashingPosthorn implements RunningBroker {
  #running: RunningPosthorn;
  readonly #home: string;
  readonly #settings: Readonly<Record<string, string>>;

  private constructor(running: RunningPosthorn, home: string, settings: Readonly<Record<string, string>>) {
    this.#running = running;
    this.#home = home;
    this.#settings = settings;
  }

  static async start(home: string, settings: Readonly<Record<string, string>> = {}): Promise<CrashingPosthorn> {
    return new CrashingPosthorn(await startPosthorn({ dataDir: home, settings }), home, settings);
  }

  get bootstrap(): string {
    return this.#running.bootstrap;
  }

  /** Kills it and starts it again; returns how long it took until it listened. */
  async crash(): Promise<number> {
    await this.#running.kill();
    const began = performance.now();
    const [port, dataDir, settings] = [this.#running.port, this.#home, this.#settings];
    this.#running = await startPosthorn({ dataDir, port, settings });
    return performance.now() - began;
  }

  async stop(): Promise<void> {
    await this.#running.stop();
  }
}
