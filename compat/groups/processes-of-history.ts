import type { ChildProcess } from 'node:child_process';
import { parseEvent, type HistoryEvent } from '../../src/testing/history-event.ts';
import { eachLine, finish, start } from '../clients/processes.ts';
import type { CommandLine } from '../clients/programs.ts';

const EVENTS_MAX = 3_000_000;
const SAID_MAX = 40;
const SHOWN_OF_HUNG = 300;
/** A worker that was fenced ends so: it wants another in its place. */
const REPLACE_ME = 3;
/** A worker that hung by a known fault of its client library, which no broker can help, ends so. */
const HUNG = 4;

/** A client process of a history. */
export interface TellingProcess {
  readonly name: string;
  readonly child: ChildProcess;
  /** Ends it as a user would; throws what it said when that fails by itself. */
  finish(graceMs: number): Promise<void>;
}

/** Gathers what the processes of one run tell, and what is done to them; at most three million events. */
export class HistoryOfProcesses {
  readonly #events: HistoryEvent[] = [];
  readonly #polled = new Map<string, Set<string>>();
  /** Acknowledged values by topic. */
  readonly #acknowledged = new Map<string, Set<string>>();
  /** What was sent: its topic, and what it was made of. */
  readonly #sends = new Map<string, { topic: string; source: string | undefined }>();
  /** Programs that ended by themselves, with what they said last. */
  readonly failures: string[] = [];
  /** Workers that hung by a known fault of their client library, with what they said last: no failure, but to be shown. */
  readonly hung: string[] = [];

  note(event: HistoryEvent): void {
    if (this.#events.length >= EVENTS_MAX) throw new RangeError(`more than ${EVENTS_MAX} events`);
    this.#events.push(event);
    if (event.type === 'send') this.#sends.set(event.value, { topic: event.topic, source: event.source });
    else if (event.type === 'acknowledged') add(this.#acknowledged, this.#sends.get(event.value)?.topic, event.value);
    else if (event.type === 'poll' && event.group !== null) add(this.#polled, event.group, event.value);
  }

  /** Notes that something was done to a process. */
  done(type: 'killed' | 'stopped' | 'resumed', client: string): void {
    this.note({ type, client, atMs: Date.now() });
  }

  start(name: string, commandLine: CommandLine): TellingProcess {
    const child = start(commandLine);
    const said: string[] = [];
    let isEnding = false;
    child.stderr?.on('data', (chunk: Buffer) => {
      said.push(chunk.toString());
      if (said.length > SAID_MAX) said.shift();
    });
    eachLine(child, (line) => {
      // A process that was killed may leave half a line: its last.
      if (line[0] === 123) this.note(parseEvent(line.toString()));
    });
    child.once('exit', (code, signal) => {
      if (code === HUNG) this.hung.push(`${name}: ${said.join('').slice(-SHOWN_OF_HUNG)}`);
      if ((isEnding && code === 0) || code === REPLACE_ME || code === HUNG) return;
      if (signal !== 'SIGKILL')
        this.failures.push(`${name} ended with ${code ?? signal}: ${said.join('').slice(-600)}`);
    });
    return {
      name,
      child,
      finish: async (graceMs) => {
        isEnding = true;
        await finish(child, graceMs);
      },
    };
  }

  /** How many acknowledged records of a topic no member of a group has polled yet. */
  missingIn(group: string, topic: string): number {
    return missing(this.#acknowledged.get(topic), this.#polled.get(group));
  }

  /** How many acknowledged records of a topic are not yet the source of a record that a member of a group has polled. */
  unmadeIn(group: string, topic: string): number {
    const sources = new Set<string>();
    for (const value of this.#polled.get(group) ?? []) sources.add(this.#sends.get(value)?.source ?? '');
    return missing(this.#acknowledged.get(topic), sources);
  }

  /** Whether one of the events so far, in the order they came, is such. */
  some(suits: (event: HistoryEvent) => boolean): boolean {
    return this.#events.some(suits);
  }

  /** All events in the order of time; those of one time stay as they came. */
  get events(): readonly HistoryEvent[] {
    return this.#events.toSorted((a, b) => a.atMs - b.atMs);
  }
}

function add(sets: Map<string, Set<string>>, name: string | undefined, value: string): void {
  if (name === undefined) return;
  const set = sets.get(name);
  if (set === undefined) sets.set(name, new Set([value]));
  else set.add(value);
}

function missing(wanted: ReadonlySet<string> = new Set(), got: ReadonlySet<string> = new Set()): number {
  let count = 0;
  for (const value of wanted) if (!got.has(value)) count++;
  return count;
}
