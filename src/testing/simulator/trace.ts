import { crc32c } from '../../base/crc32c.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

/** Lines kept for whoever looks into a failure. */
const LINES_MAX = 4000;

interface Line {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly facts: object | undefined;
}

/** What happened in a run: a hash over everything, for comparing runs, and the last lines, for people. */
export class Trace {
  readonly #clock: Clock;
  #lines: Line[] = [];
  readonly #print: ((line: string) => void) | undefined;
  readonly #number = Buffer.alloc(8);
  #hash = 0;
  #events = 0;

  /** With `print` every line goes there too. */
  constructor(clock: Clock, print?: (line: string) => void) {
    this.#clock = clock;
    this.#print = print;
  }

  /** Two runs with the same hash did the same. */
  get hash(): string {
    return `${this.#events.toString(16)}-${this.#hash.toString(16).padStart(8, '0')}`;
  }

  /** The last lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(-LINES_MAX).map(textOf);
  }

  /** Counts an event, at its time, with what it carries. */
  event(bytes?: Uint8Array): void {
    this.#events++;
    this.#number.writeDoubleLE(this.#clock.monotonicMs());
    this.#hash = (Math.imul(this.#hash, 31) + crc32c(this.#number)) >>> 0;
    if (bytes !== undefined) this.#hash = (Math.imul(this.#hash, 31) + crc32c(bytes)) >>> 0;
  }

  /** `facts` are made into text when somebody looks at them. */
  note(who: string, what: string, facts?: object): void {
    this.event(Buffer.from(what));
    const line = { atMs: this.#clock.monotonicMs(), who, what, facts };
    this.#lines.push(line);
    if (this.#lines.length > 2 * LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX);
    this.#print?.(textOf(line));
  }

  /** What a broker or a client logs becomes part of the trace. */
  logger(
    who: string,
    told: (level: string, message: string, facts?: Record<string, unknown>) => void = () => {},
  ): Logger {
    const log =
      (level: string) =>
      (message: string, facts?: Record<string, unknown>): void => {
        this.note(who, `${level}: ${message}`, facts);
        told(level, message, facts);
      };
    const logger: Logger = {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      child: () => logger,
    };
    return logger;
  }
}

function textOf({ atMs, who, what, facts }: Line): string {
  const shown = facts === undefined ? '' : ` ${JSON.stringify(facts, shownValue)}`;
  return `${(atMs / 1000).toFixed(4)} ${who.padEnd(10)} ${what}${shown}`;
}

function shownValue(key: string, value: unknown): unknown {
  if (key === 'atMs' || key === 'client') return undefined;
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}
