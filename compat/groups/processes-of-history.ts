import type { ChildProcess } from 'node:child_process';
import { parseEvent, type HistoryEvent } from '../../src/testing/history-event.ts';
import { eachLine, finish, start } from '../clients/processes.ts';
import type { CommandLine } from '../clients/programs.ts';

const EVENTS_MAX = 3_000_000;
const SAID_MAX = 40;

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
  readonly #acknowledged = new Set<string>();
  /** Programs that ended by themselves, with what they said last. */
  readonly failures: string[] = [];

  note(event: HistoryEvent): void {
    if (this.#events.length >= EVENTS_MAX) throw new RangeError(`more than ${EVENTS_MAX} events`);
    this.#events.push(event);
    if (event.type === 'acknowledged') this.#acknowledged.add(event.value);
    if (event.type !== 'poll' || event.group === null) return;
    const polled = this.#polled.get(event.group);
    if (polled === undefined) this.#polled.set(event.group, new Set([event.value]));
    else polled.add(event.value);
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
      if (isEnding && code === 0) return;
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

  /** How many acknowledged records no member of a group has polled yet. */
  missingIn(group: string): number {
    const polled = this.#polled.get(group) ?? new Set();
    let missing = 0;
    for (const value of this.#acknowledged) if (!polled.has(value)) missing++;
    return missing;
  }

  /** All events in the order of time; those of one time stay as they came. */
  get events(): readonly HistoryEvent[] {
    return this.#events.toSorted((a, b) => a.atMs - b.atMs);
  }
}
