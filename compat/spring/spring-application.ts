import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { end, endsWithUs } from '../brokers/running-broker.ts';
import { cacheRoot, compatRoot } from '../paths.ts';
import { needJava } from '../tools/kafka-jars.ts';
import { must } from '../tools/tool.ts';

const SAY_MS = 180_000;
const STOP_MS = 60_000;
const LINES_SHOWN = 40;

/** The application's jar, built by Maven when its sources are newer. Throws where it cannot be built. */
export function springApplication(): string {
  const sources = join(compatRoot, 'spring', 'app');
  const home = join(cacheRoot, 'spring');
  const jar = join(home, 'target', 'payment.jar');
  const newest = Math.max(
    ...readdirSync(sources, { recursive: true }).map((path) => statSync(join(sources, String(path))).mtimeMs),
  );
  if (existsSync(jar) && statSync(jar).mtimeMs > newest) return jar;
  needJava();
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  cpSync(sources, home, { recursive: true });
  must('mvn', ['-q', '-B', '-f', join(home, 'pom.xml'), 'package', '-DskipTests']);
  return jar;
}

interface Waiting {
  readonly isIt: (line: string) => boolean;
  readonly done: (line: string) => void;
}

/** The application in a JVM: takes commands, says lines. */
export class SpringApplication {
  readonly said: string[] = [];
  readonly #process: ChildProcess;
  #waiting: Waiting[] = [];

  /** @param books where its database lies, without ending. */
  constructor(jar: string, bootstrap: string, books: string, profile?: string) {
    const jvm = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Dbooks=${books}`];
    const profiles = profile === undefined ? [] : [`--spring.profiles.active=${profile}`];
    const env = { ...process.env, BOOTSTRAP: bootstrap };
    this.#process = endsWithUs(
      spawn('java', [...jvm, '-jar', jar, ...profiles], { env, stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    // Each line that is waited for hears of the end.
    this.#process.setMaxListeners(0);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#heard(line));
    }
  }

  command(text: string): void {
    this.#process.stdin?.write(`${text}\n`);
  }

  /** The first line that is so, of those said already too, from the given one on. Rejects with what was said when it does not come. */
  async line(what: string | RegExp, from = 0): Promise<string> {
    const isIt = (line: string): boolean => (typeof what === 'string' ? line === what : what.test(line));
    const known = this.said.slice(from).find(isIt);
    if (known !== undefined) return known;
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) throw this.#missing(String(what));
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(this.#missing(String(what))), SAY_MS);
      const over = (): void => {
        clearTimeout(timer);
        failed(this.#missing(String(what)));
      };
      this.#process.once('exit', over);
      this.#waiting.push({
        isIt,
        done: (line) => {
          clearTimeout(timer);
          this.#process.off('exit', over);
          done(line);
        },
      });
    });
  }

  /** All of these lines. */
  async lines(wanted: readonly string[]): Promise<void> {
    await Promise.all(wanted.map((line) => this.line(line)));
  }

  /** What it answers to a command: the next line that is so. */
  async ask(command: string, what: RegExp): Promise<string> {
    const from = this.said.length;
    this.command(command);
    return this.line(what, from);
  }

  count(what: RegExp): number {
    return this.said.filter((line) => what.test(line)).length;
  }

  async kill(): Promise<void> {
    await end(this.#process, 0);
  }

  async stop(): Promise<void> {
    this.command('stop');
    await end(this.#process, STOP_MS);
  }

  #heard(line: string): void {
    // Where an exception was thrown is of no use here.
    if (/^\s+at /.test(line)) return;
    const text = line.startsWith('> ') ? line.slice(2) : `log: ${line}`;
    this.said.push(text);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ isIt }) => !isIt(text));
    for (const each of waiting) if (each.isIt(text)) each.done(text);
  }

  #missing(what: string): Error {
    return new Error(`it did not say ${what}; it said:\n${this.said.slice(-LINES_SHOWN).join('\n')}`);
  }
}
