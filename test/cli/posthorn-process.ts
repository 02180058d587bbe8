import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

export const launcher = fileURLToPath(new URL('../../../bin/posthorn.js', import.meta.url));

export interface StartOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The program's file, where it is not the launcher in this repository. */
  readonly file?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real process of the program. Whatever a test forgets to end is killed with the test. */
export class PosthornProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #isEnded = false;
  #waiting: (() => void)[] = [];

  constructor(t: TestContext, { args = [], cwd, environment = {}, file = launcher }: StartOptions) {
    const child = spawn(process.execPath, [file, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout.on('data', (text: Buffer) => this.#take(() => (this.#stdout += text.toString())));
    child.stderr.on('data', (text: Buffer) => this.#take(() => (this.#stderr += text.toString())));
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.#take(() => (this.#isEnded = true));
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    t.after(() => child.kill('SIGKILL'));
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it and tells how it ended. */
  end(signal: NodeJS.Signals): Promise<Ended> {
    this.kill(signal);
    return this.ended;
  }

  /** Waits for a text on standard output. Fails when the process ends without it. */
  async output(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(pattern, () => this.#stdout);
  }

  /** The same on standard error. */
  async errorOutput(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(pattern, () => this.#stderr);
  }

  /** Waits for the banner. */
  async ready(): Promise<{ port: number; dataDirectory: string; banner: string }> {
    await this.output(/Ctrl-C\n/);
    const [, port] = await this.output(/is ready on [^ ]*:(\d+)\n/);
    const [, dataDirectory] = await this.output(/^ {2}data +(.*)$/m);
    return { port: Number(port), dataDirectory: dataDirectory!, banner: this.#stdout };
  }

  async #until(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(text());
      if (found !== null) return found;
      assert(!this.#isEnded, `it ended without ${String(pattern)}:\n${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #take(change: () => void): void {
    change();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A directory that goes away with the test. */
export function temporaryDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'posthorn-cli-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
