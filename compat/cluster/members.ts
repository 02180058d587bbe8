import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { checkHistory } from '../../src/testing/check-history.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { committedReader, memberClients, tellingProducer, type GroupProtocol } from '../clients/member-client.ts';
import { ChaosGroup } from '../groups/chaos-group.ts';
import { drain, lookAtOffsets, SESSION_MS, show } from '../groups/chaos.ts';
import { HistoryOfProcesses, type TellingProcess } from '../groups/processes-of-history.ts';

const FROM = 'history';
const TO = 'history-made';
const PARTITIONS = 3;
const RATE = 40;
/** Groups that read, by client and protocol. */
const READERS: readonly (readonly [string, GroupProtocol])[] = [
  ['librdkafka', 'consumer'],
  ['franz-go', 'eager'],
];
const WORKERS = 'librdkafka';
const MADE_READER = 'history-made-reader';
const DRAIN_MS = 120_000;
/** A client that has just lost its coordinator may wait for it once more before it ends. */
const LEAVE_MS = 30_000;

/**
 * Clients that work through all faults of a run: one that writes, groups that read and commit, and a group that makes of each
 * record another in transactions. The history of all of them is judged at the end.
 */
export class Members {
  readonly #history = new HistoryOfProcesses();
  readonly #bootstrap: () => string;
  readonly #readers: ChaosGroup[] = [];
  #workers: ChaosGroup | undefined;
  #others: TellingProcess[] = [];

  /** Throws what keeps such clients from running here. */
  static async start(bootstrap: () => string): Promise<Members> {
    const members = new Members(bootstrap);
    await members.#start();
    return members;
  }

  private constructor(bootstrap: () => string) {
    this.#bootstrap = bootstrap;
  }

  /** A group whose coordinator can be asked for. */
  get group(): string {
    return this.#readers[0]!.name;
  }

  /** Does one thing to one member, and says what. */
  disturb(random: SeededRandom): string {
    const groups = this.#groups;
    return groups[random.below(groups.length)]!.disturb(random);
  }

  tend(): void {
    for (const group of this.#groups) group.tend();
  }

  /** Lets them finish in peace; what was wrong, and what they did. */
  async finish(): Promise<{ faults: readonly string[]; did: string }> {
    const history = this.#history;
    const [producer, reader] = this.#others;
    for (const group of this.#groups) group.calm();
    await producer!.finish(LEAVE_MS);
    const missing = (): number =>
      this.#readers.reduce((sum, { name }) => sum + history.missingIn(name, FROM), history.unmadeIn(MADE_READER, FROM));
    await drain(this.#groups, missing, DRAIN_MS);
    await Promise.all(this.#groups.map(async (group) => group.end(LEAVE_MS)));
    await reader!.finish(LEAVE_MS);
    for (const { name: group } of this.#groups) {
      await lookAtOffsets(history, this.#bootstrap(), { group, topic: FROM, partitions: PARTITIONS });
    }
    return this.#judge(history.events);
  }

  get #groups(): readonly ChaosGroup[] {
    return this.#workers === undefined ? this.#readers : [...this.#readers, this.#workers];
  }

  async #start(): Promise<void> {
    const { clients, missing } = memberClients();
    await createTopicsToKeep(this.#bootstrap(), [FROM, TO], PARTITIONS);
    const job = { topic: FROM, sessionMs: SESSION_MS };
    const groupOf = (title: string, launch: (name: string, slot: number) => readonly string[]): ChaosGroup =>
      new ChaosGroup(
        { title, group: title, sessionMs: SESSION_MS, launch: ({ name, slot }) => launch(name, slot) },
        this.#history,
      );
    for (const [name, protocol] of READERS) {
      const client = clients.find((each) => each.name === name);
      if (client === undefined) throw new Error(missing.join('; '));
      const title = `${name}-${protocol}`;
      const more = { ...job, group: title, protocol };
      this.#readers.push(
        groupOf(title, (member) => client.member({ ...more, name: member, bootstrap: this.#bootstrap() })),
      );
    }
    const worker = clients.find(({ name }) => name === WORKERS)!;
    const title = 'workers';
    this.#workers = groupOf(title, (name, slot) =>
      worker.work({
        ...job,
        group: title,
        protocol: 'cooperative',
        name,
        bootstrap: this.#bootstrap(),
        transactionalId: `${title}-${slot}`,
        to: TO,
      }),
    );
    const bootstrap = this.#bootstrap();
    this.#others = [
      this.#history.start('producer', tellingProducer({ bootstrap, name: 'producer', topic: FROM, rate: RATE })),
      this.#history.start(
        MADE_READER,
        committedReader({ bootstrap, group: MADE_READER, topic: TO, sessionMs: SESSION_MS }),
      ),
    ];
    for (const group of this.#groups) group.begin();
    await pause(SESSION_MS / 2);
  }

  /** Writes down all that was told, for who looks into a failure. */
  async keep(path: string): Promise<void> {
    await writeFile(path, this.#history.events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }

  #judge(events: readonly HistoryEvent[]): { faults: readonly string[]; did: string } {
    const verdict = checkHistory(events, {
      readers: [...this.#readers.map(({ name }) => ({ name, topics: [FROM] })), { name: MADE_READER, topics: [TO] }],
      pipelines: [{ group: this.#workers!.name, from: FROM, to: TO, reader: MADE_READER }],
    });
    show(events, verdict);
    const count = (type: HistoryEvent['type']): number => events.filter((event) => event.type === type).length;
    const faults: string[] = this.#readers.flatMap(({ name }) => {
      const missing = this.#history.missingIn(name, FROM);
      return missing === 0 ? [] : [`${missing} records never came to ${name}`];
    });
    const unmade = this.#history.unmadeIn(MADE_READER, FROM);
    if (unmade > 0) faults.push(`of ${unmade} records none was made`);
    faults.push(...[...verdict.counts].map(([kind, found]) => `${found} of ${kind}`), ...this.#history.failures);
    for (const type of ['acknowledged', 'offsetsDone', 'committed'] as const) {
      if (count(type) === 0) faults.push(`nothing was ${type}`);
    }
    const did = `${verdict.records} records sent, ${verdict.polls} polled, ${count('offsetsDone')} commits, ${count('committed')} transactions`;
    for (const worker of this.#history.hung) console.log(`  replaced, it hung as librdkafka is known to: ${worker}`);
    return { faults, did: `${did}, ${this.#history.hung.length} hung workers replaced` };
  }
}
