import type { SeededRandom } from '../../src/base/seeded-random.ts';
import type { CommandLine } from '../clients/programs.ts';
import type { HistoryOfProcesses, TellingProcess } from './processes-of-history.ts';

const MEMBERS_MIN = 2;
const MEMBERS_MAX = 4;

export interface ChaosGroupOptions {
  /** Its members are named after it. */
  readonly title: string;
  readonly group: string;
  readonly sessionMs: number;
  /** The program of a member; `slot` is a number that no other living member has. */
  readonly launch: (member: { name: string; slot: number }) => CommandLine;
}

interface Member extends TellingProcess {
  readonly slot: number;
}

/** A group of one kind of client whose members are killed, stopped, resumed and added. */
export class ChaosGroup {
  readonly name: string;
  readonly title: string;
  readonly #members: Member[] = [];
  readonly #stopped = new Set<Member>();
  readonly #options: ChaosGroupOptions;
  readonly #history: HistoryOfProcesses;
  #started = 0;

  constructor(options: ChaosGroupOptions, history: HistoryOfProcesses) {
    this.title = options.title;
    this.name = options.group;
    this.#options = options;
    this.#history = history;
  }

  begin(): void {
    for (let member = 0; member < MEMBERS_MIN; member++) this.#add();
  }

  #add(): void {
    const name = `${this.title}-${this.#started++}`;
    let slot = 0;
    while (this.#members.some((member) => member.slot === slot)) slot++;
    this.#members.push({ ...this.#history.start(name, this.#options.launch({ name, slot })), slot });
  }

  /** Puts others in the place of members that gave up by themselves. */
  tend(): void {
    for (const member of this.#members.filter(({ child }) => child.exitCode !== null)) this.#replace(member);
  }

  #replace(member: Member): void {
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#add();
  }

  /** Does one thing to one member, and says what. */
  disturb(random: SeededRandom): string {
    this.tend();
    const running = this.#members.filter((member) => !this.#stopped.has(member));
    const luck = random.below(8);
    if (this.#members.length < MEMBERS_MIN || (luck < 2 && this.#members.length < MEMBERS_MAX)) {
      this.#add();
      return `one more in ${this.title}`;
    }
    const member = running[random.below(running.length)];
    if (member === undefined) return `all of ${this.title} stand still`;
    if (luck < 5) {
      member.child.kill('SIGKILL');
      this.#history.done('killed', member.name);
      this.#replace(member);
      return `${member.name} killed`;
    }
    const forMs = luck < 7 ? random.below(this.#options.sessionMs / 2) : this.#options.sessionMs + 2000;
    this.#stop(member, forMs);
    return `${member.name} stopped for ${forMs} ms`;
  }

  #stop(member: Member, forMs: number): void {
    member.child.kill('SIGSTOP');
    this.#stopped.add(member);
    this.#history.done('stopped', member.name);
    setTimeout(() => this.#resume(member), forMs);
  }

  #resume(member: Member): void {
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
