import type { Level, Logger as PinoLogger } from 'pino';
import type { Logger } from './logger.ts';
import { lazyPackage } from './packages.ts';
import { prettyLine } from './pretty-line.ts';
import { writeText } from './write-text.ts';

export interface LogOptions {
  /** Lines below it are not written. */
  readonly level: Level | 'silent';
  /** Descriptor to write to: 1 or 2, or a file's. */
  readonly fd: number;
  /** Readable lines instead of JSON, for terminals. */
  readonly pretty: boolean;
}

/**
 * Pino takes 20 ms to load, an eighth of the time we have to start in. So lines wait, with their time, until it is
 * loaded: for the first error, when many wait, this long after the first, or at the process's end.
 */
const LOAD_AFTER_MS = 1_000;
const WAITING_LINES_MAX = 256;

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: 100 } as const;

type LineLevel = 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly level: LineLevel;
  readonly facts: Record<string, unknown>;
  readonly message: string;
}

/** Structured lines through pino. A process killed with -9 may lose the lines of its first second, errors excepted. */
export class NodeLogger implements Logger {
  readonly #sink: Sink;
  readonly #facts: Record<string, unknown>;
  readonly #threshold: number;

  private constructor(sink: Sink, facts: Record<string, unknown>) {
    this.#sink = sink;
    this.#facts = facts;
    this.#threshold = LEVELS[sink.options.level];
  }

  static create(options: LogOptions): NodeLogger {
    return new NodeLogger(new Sink(options), {});
  }

  debug(message: string, facts?: Record<string, unknown>): void {
    if (this.#threshold <= LEVELS.debug) this.#write('debug', message, facts);
  }

  info(message: string, facts?: Record<string, unknown>): void {
    if (this.#threshold <= LEVELS.info) this.#write('info', message, facts);
  }

  warn(message: string, facts?: Record<string, unknown>): void {
    if (this.#threshold <= LEVELS.warn) this.#write('warn', message, facts);
  }

  error(message: string, facts?: Record<string, unknown>): void {
    if (this.#threshold <= LEVELS.error) this.#write('error', message, facts);
  }

  child(facts: Record<string, unknown>): Logger {
    return new NodeLogger(this.#sink, { ...this.#facts, ...facts });
  }

  #write(level: LineLevel, message: string, facts?: Record<string, unknown>): void {
    this.#sink.write({ level, message, facts: { time: Date.now(), ...this.#facts, ...facts } });
  }
}

/** Where the lines of a logger and its children go: to pino, or to the waiting ones. */
class Sink {
  readonly options: LogOptions;
  #pino: PinoLogger | undefined;
  #waiting: Line[] = [];

  constructor(options: LogOptions) {
    this.options = options;
  }

  write(line: Line): void {
    if (this.#pino !== undefined) {
      this.#pino[line.level](line.facts, line.message);
      return;
    }
    this.#waiting.push(line);
    if (line.level === 'error' || this.#waiting.length >= WAITING_LINES_MAX) this.flush();
    else waitingSinks.add(this);
  }

  flush(): void {
    waitingSinks.delete(this);
    this.#pino ??= loadPino(this.options);
    const lines = this.#waiting;
    this.#waiting = [];
    for (const line of lines) this.#pino[line.level](line.facts, line.message);
  }
}

/** The sinks that have lines waiting: one timer and one exit listener serve all loggers of the process. */
class WaitingSinks {
  readonly #sinks = new Set<Sink>();
  #timer: NodeJS.Timeout | undefined;
  #isListening = false;
  readonly #flushAll = (): void => {
    this.#timer = undefined;
    for (const sink of this.#sinks) sink.flush();
  };

  add(sink: Sink): void {
    this.#sinks.add(sink);
    // The lines are written at exit anyway, so the wait must not put the exit off.
    if (this.#timer === undefined) this.#timer = setTimeout(this.#flushAll, LOAD_AFTER_MS).unref();
    if (!this.#isListening) process.once('exit', this.#flushAll);
    this.#isListening = true;
  }

  delete(sink: Sink): void {
    this.#sinks.delete(sink);
  }
}

const waitingSinks = new WaitingSinks();

const pinoPackage = lazyPackage('pino');

function loadPino({ level, fd, pretty }: LogOptions): PinoLogger {
  const { pino } = pinoPackage() as typeof import('pino');
  const destination = pretty
    ? { write: (line: string) => writeText(fd, prettyLine(line, process.env['NO_COLOR'] === undefined)) }
    : { write: (line: string) => writeText(fd, line) };
  // Every line brings its time: the one at which it was said.
  const options = { level, base: null, timestamp: false, serializers: { error: pino.stdSerializers.err } };
  return pino(options, destination);
}
