import type { SeededRandom } from '../../src/base/seeded-random.ts';
import type { GroupProtocol, MemberClient } from '../clients/member-client.ts';
import type { HistoryOfProcesses, TellingProcess } from './processes-of-history.ts';

const MEMBERS_MIN = 2;
const MEMBERS_MAX = 4;

interface Place {
  readonly bootstrap: string;
  readonly topic: string;
  readonly mark: string;
  readonly sessionMs: number;
}

/** A group of one kind of client whose members are killed, stopped, resumed and added. */
export class ChaosGroup {
  readonly name: string;
  readonly title: string;
  readonly #members: TellingProcess[] = [];
  readonly #stopped = new Set<TellingProcess>();
  readonly #client: MemberClient;
  readonly #protocol: GroupProtocol;
  readonly #place: Place;
  readonly #history: HistoryOfProcesses;
  #started = 0;

  constructor(client: MemberClient, protocol: GroupProtocol, place: Place, history: HistoryOfProcesses) {
    this.title = `${client.name}-${protocol}`;
    this.name = `groups-${place.mark}-${this.title}`;
    this.#client = client;
    this.#protocol = protocol;
    this.#place = place;
    this.#history = history;
  }

  /** So many members it has at first. */
  begin(): void {
    for (let member = 0; member < MEMBERS_MIN; member++) this.#add();
  }

  #add(): void {
    const name = `${this.title}-${this.#started++}`;
    const { bootstrap, topic, sessionMs } = this.#place;
    const job = { bootstrap, group: this.name, protocol: this.#protocol, name, topic, sessionMs };
    this.#members.push(this.#history.start(name, this.#client.member(job)));
  }

  /** Does one thing to one member, and says what. */
  disturb(random: SeededRandom): string {
    const running = this.#members.filter((member) => !this.#stopped.has(member));
    const luck = random.below(8);
    if (this.#members.length < MEMBERS_MIN || (luck < 2 && this.#members.length < MEMBERS_MAX)) {
      this.#add();
      return `one more in ${this.title}`;
    }
    const member = running[random.below(running.length)];
    if (member === undefined) return `all of ${this.title} stand still`;
    if (luck < 5) {
      this.#members.splice(this.#members.indexOf(member), 1);
      member.child.kill('SIGKILL');
      this.#history.done('killed', member.name);
      this.#add();
      return `${member.name} killed`;
    }
    const forMs = luck < 7 ? random.below(this.#place.sessionMs / 2) : this.#place.sessionMs + 2000;
    this.#stop(member, forMs);
    return `${member.name} stopped for ${forMs} ms`;
  }

  #stop(member: TellingProcess, forMs: number): void {
    member.child.kill('SIGSTOP');
    this.#stopped.add(member);
    this.#history.done('stopped', member.name);
    setTimeout(() => this.#resume(member), forMs);
  }

  #resume(member: TellingProcess): void {
    if (!this.#stopped.delete(member)) return;
    this.#history.done('resumed', member.name);
    member.child.kill('SIGCONT');
  }

  /** From here on its members may work in peace. */
  calm(): void {
    for (const member of this.#stopped) this.#resume(member);
  }

  async end(graceMs: number): Promise<void> {
    await Promise.all(this.#members.map(async (member) => member.finish(graceMs)));
  }
}
