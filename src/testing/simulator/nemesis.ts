import type { SeededRandom } from '../../base/seeded-random.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { Unsynced } from '../../runtime/memory-disk.ts';
import type { Machine } from './machine.ts';
import { isDiskFault, isStoreFault, type ClusterFault, type DiskFault, type StoreFault } from './options.ts';
import { stepsOf, type Deed, type Schedule } from './schedules.ts';
import type { World } from './world.ts';

const LOSSES: readonly Unsynced[] = ['dropped', 'torn', 'mixed'];
/** A fault that lies in wait comes within so many of the longest delays of a message: what was asked for is decided meanwhile. */
const AMBUSH_DELAYS = 8;
/** It waits no longer than this for somebody to ask. */
const AMBUSH_MS = 1000;

/** Does to the cluster what its options allow, at random times, and in the end mends everything. */
export class Nemesis {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #clientHosts: readonly string[];
  readonly #mends = new Map<number, () => void>();
  #count = 0;
  #timer: Timer | undefined;
  #isLyingInWait = false;
  #ambush: Timer | undefined;
  /** Steps of a schedule that are to come. */
  readonly #steps = new Set<Timer>();
  /** Who died without closing its logs, and has not been seen in sync since; and whether its disk lost something. */
  readonly #unclean = new Map<number, boolean>();

  constructor(world: World, clientHosts: readonly string[]) {
    this.#world = world;
    this.#random = world.random('nemesis');
    this.#clientHosts = clientHosts;
  }

  start(): void {
    const { time, options } = this.#world;
    const next = (): void => {
      this.#timer = time.set(this.#random.next() * 2 * options.paceMs, () => {
        if (options.ambush === undefined) this.#strike();
        else this.#lieInWait();
        next();
      });
    };
    this.#world.onRecorded = ({ type }) => {
      if (type !== options.ambush || !this.#isLyingInWait) return;
      this.#isLyingInWait = false;
      this.#springWithin(0, AMBUSH_DELAYS * options.delayMs[1]);
    };
    next();
    if (options.schedule !== undefined) this.#follow(options.schedule);
  }

  /** No more faults, and those that last are over. */
  heal(): void {
    this.#timer?.cancel();
    this.#ambush?.cancel();
    for (const step of this.#steps) step.cancel();
    this.#world.onRecorded = undefined;
    this.#world.trace.note('nemesis', 'heals everything');
    for (const mend of Array.from(this.#mends.values())) mend();
    for (const machine of this.#world.machines)
      if (machine.state === 'down' || machine.state === 'dark') machine.start();
  }

  #lieInWait(): void {
    if (this.#isLyingInWait) return;
    this.#isLyingInWait = true;
    this.#springWithin(AMBUSH_MS, AMBUSH_MS);
  }

  #springWithin(leastMs: number, mostMs: number): void {
    this.#ambush?.cancel();
    this.#ambush = this.#world.time.set(leastMs + this.#random.next() * (mostMs - leastMs), () => {
      this.#isLyingInWait = false;
      this.#strike();
    });
  }

  #follow(schedule: Schedule): void {
    const { machines } = this.#world;
    const left = [...machines];
    const row = machines.map(() => left.splice(this.#random.below(left.length), 1)[0]!);
    this.#note(`${schedule}: ${row.map(({ host }) => host).join(', ')}`);
    let atMs = 0;
    for (const { who, deed, afterMs, forMs } of stepsOf(schedule)) {
      atMs += this.#between(...afterMs);
      const ms = this.#between(...forMs);
      this.#steps.add(this.#world.time.set(atMs, () => this.#do(deed, row[who]!, ms)));
    }
  }

  #do(deed: Deed, machine: Machine, ms: number): void {
    switch (deed) {
      case 'stop':
        return this.#stop(machine, ms);
      case 'power':
        return this.#losePower(machine, ms);
      case 'freeze':
        return this.#pause(machine, ms);
      case 'kill':
        return this.#kill(machine, ms);
      default:
        deed satisfies never;
    }
  }

  #strike(): void {
    const fault = this.#one(this.#world.options.faults);
    const machine = this.#one(this.#world.machines);
    if (isStoreFault(fault)) this.#strikeStore(fault, machine);
    else if (isDiskFault(fault)) this.#strikeDisk(fault, machine);
    else this.#strikeCluster(fault, machine);
  }

  #strikeCluster(fault: ClusterFault, machine: Machine): void {
    const { machines } = this.#world;
    const other = this.#one(machines.filter((each) => each !== machine));
    switch (fault) {
      case 'kill':
        return this.#kill(machine);
      case 'killAll':
        return this.#killAll();
      case 'power':
        return this.#losePower(machine);
      case 'powerAll':
        return this.#loseAllPower();
      case 'pause':
        return this.#pause(machine, this.#between(100, 2500));
      case 'freeze':
        return this.#pause(machine, this.#between(6500, 10_000));
      case 'stop':
        return this.#stop(machine);
      case 'cut':
        return this.#cut(machine);
      case 'oneWay':
        return this.#oneWay(machine, this.#random.below(4) === 0 ? this.#one(this.#clientHosts) : other.host);
      case 'break':
        this.#note(`breaks the connections of ${machine.host} and ${other.host}`);
        this.#world.network.breakConnections(machine.host, other.host);
        return;
      case 'slowLink':
        return this.#slowLink(machine.host, this.#random.below(3) === 0 ? this.#one(this.#clientHosts) : other.host);
      case 'clientCut':
        return this.#cutHosts(machine.host, this.#clientHosts);
      case 'slowDisk':
        return this.#slowDisk(machine);
      case 'clock':
        machine.wallOffsetMs = this.#between(-120_000, 120_000);
        this.#note(`the clock of ${machine.host} is off by ${machine.wallOffsetMs}`);
        return;
      default:
        fault satisfies never;
    }
  }

  #strikeDisk(fault: DiskFault, machine: Machine): void {
    switch (fault) {
      case 'diskFails':
        return this.#failDisk(machine);
      case 'diskFull':
        return this.#fillDisk(machine);
      case 'wipe':
        return this.#wipe(machine);
      default:
        fault satisfies never;
    }
  }

  #strikeStore(fault: StoreFault, machine: Machine): void {
    const { store } = this.#world;
    switch (fault) {
      case 'storeOut':
        if (store.isOut) return;
        this.#note('the store loses its quorum');
        store.goOut();
        return this.#later(this.#between(500, 9000), 'the store is back', () => store.comeBack());
      case 'storeCut':
        return this.#cutStore(machine);
      case 'storeSlow':
        this.#note(`the store is slow for ${machine.host}`);
        machine.delayStore([20, 400]);
        return this.#later(this.#between(1000, 8000), `the store is fast for ${machine.host}`, () =>
          machine.delayStore([0.2, 1.5]),
        );
      case 'leaseLost': {
        const lease = store.get(`b/${machine.id}`)?.lease;
        if (lease === undefined) return;
        this.#note(`${machine.host} loses its lease`);
        store.expire(lease);
        return;
      }
      case 'allLeasesLost':
        this.#note('all leases are lost');
        store.expireAll();
        return;
      case 'watchGap':
        return this.#watchGap(machine);
      default:
        fault satisfies never;
    }
  }

  #kill(machine: Machine, ms = this.#between(50, 6000)): void {
    if (machine.state === 'down' || machine.state === 'dark' || !this.#mayKill()) return;
    this.#unclean.set(machine.id, this.#unclean.get(machine.id) ?? false);
    machine.kill();
    this.#later(ms, undefined, () => machine.start());
  }

  #killAll(): void {
    if (this.#mayKill()) for (const machine of this.#world.machines) this.#kill(machine);
  }

  /** What is only in page caches does not survive that. */
  #loseAllPower(): void {
    if (this.#world.options.flush === 'group') for (const machine of this.#world.machines) this.#losePower(machine);
  }

  #losePower(machine: Machine, ms = this.#between(300, 6000)): void {
    if (machine.state === 'dark' || !this.#mayLose()) return;
    this.#unclean.set(machine.id, this.#losesUnsynced);
    machine.losePower(this.#one(LOSSES));
    this.#later(ms, undefined, () => machine.start());
  }

  /** Not while another may have lost records: then nobody might be left who has them and is known to. */
  #mayKill(): boolean {
    this.#settleUnclean();
    return !Array.from(this.#unclean.values()).includes(true);
  }

  /** What is only in the page caches of some survives the loss of one of them, and not of more. */
  #mayLose(): boolean {
    if (!this.#losesUnsynced) return this.#mayKill();
    this.#settleUnclean();
    return this.#unclean.size === 0;
  }

  /** Whether what was acknowledged can be lost with the page cache. */
  get #losesUnsynced(): boolean {
    return this.#world.options.flush === 'os';
  }

  #settleUnclean(): void {
    for (const id of Array.from(this.#unclean.keys())) if (this.#world.isSettled(id)) this.#unclean.delete(id);
  }

  #pause(machine: Machine, ms: number): void {
    if (machine.state !== 'running') return;
    machine.pause();
    this.#later(ms, undefined, () => machine.resume());
  }

  #stop(machine: Machine, ms = this.#between(100, 6000)): void {
    if (machine.state !== 'running') return;
    machine.stop();
    this.#later(ms, undefined, () => machine.start());
  }

  /** From some or all of the others, and perhaps from the store and the clients. */
  #cut(machine: Machine): void {
    const others = this.#world.machines.filter((each) => each !== machine && this.#random.below(3) > 0);
    const hosts = others.map(({ host }) => host);
    if (this.#random.below(3) === 0) hosts.push(...this.#clientHosts);
    this.#cutHosts(machine.host, hosts);
    if (this.#random.below(3) === 0) this.#cutStore(machine);
  }

  #cutHosts(host: string, others: readonly string[]): void {
    if (others.length === 0) return;
    const { network } = this.#world;
    this.#note(`${host} is cut from ${others.join(', ')}`);
    for (const other of others) {
      network.cut(host, other);
      network.cut(other, host);
    }
    this.#later(this.#between(300, 10_000), `${host} reaches ${others.join(', ')} again`, () => {
      for (const other of others) {
        network.heal(host, other);
        network.heal(other, host);
      }
    });
  }

  #oneWay(machine: Machine, other: string): void {
    const { network } = this.#world;
    const [from, to] = this.#random.below(2) === 0 ? [machine.host, other] : [other, machine.host];
    this.#note(`nothing passes from ${from} to ${to}`);
    network.cut(from, to);
    this.#later(this.#between(300, 10_000), `${from} reaches ${to} again`, () => network.heal(from, to));
  }

  #slowLink(from: string, to: string): void {
    const link = this.#world.network.link(from, to);
    this.#note(`from ${from} to ${to} is slow`);
    link.delayMs = [20, this.#between(60, 900)];
    this.#later(this.#between(500, 8000), `from ${from} to ${to} is fast`, () => {
      link.delayMs = this.#world.options.delayMs;
    });
  }

  #slowDisk({ pace, host }: Machine): void {
    this.#note(`the disk of ${host} is slow`);
    pace.syncMs = [20, this.#between(50, 900)];
    this.#later(this.#between(500, 8000), `the disk of ${host} is fast`, () => {
      pace.syncMs = [0.1, 2];
    });
  }

  /** For a while; then the machine is rebooted, for its broker does without the disk until the next start. */
  #failDisk(machine: Machine): void {
    if (machine.state !== 'running' || !this.#mayLose()) return;
    this.#unclean.set(machine.id, this.#losesUnsynced);
    this.#note(`a disk of ${machine.host} fails: ${machine.failDisk()}`);
    this.#later(this.#between(1000, 8000), `the disk of ${machine.host} is mended`, () => {
      machine.mendDisk();
      machine.kill();
      this.#later(this.#between(50, 1000), undefined, () => machine.start());
    });
  }

  #fillDisk(machine: Machine): void {
    this.#note(`the disks of ${machine.host} are full`);
    machine.fillDisk();
    this.#later(this.#between(500, 8000), `there is space on the disks of ${machine.host}`, () => machine.emptyDisk());
  }

  /** One at a time, and not while anybody else is not in sync: what a disk had that is gone is to be on all the others. */
  #wipe(machine: Machine): void {
    this.#settleUnclean();
    const others = this.#world.machines.filter((each) => each !== machine);
    const mayGo = this.#unclean.size === 0 && others.every(({ id }) => this.#world.isSettled(id));
    if (machine.state !== 'running' || !mayGo) return;
    this.#unclean.set(machine.id, true);
    machine.wipe();
    this.#later(this.#between(50, 6000), undefined, () => machine.start());
  }

  #cutStore(machine: Machine): void {
    const connection = machine.store;
    if (connection === undefined) return;
    const how = this.#one(['requests', 'answers', 'both', 'stall'] as const);
    this.#note(`${machine.host} is cut from the store: ${how}`);
    if (how === 'stall') connection.stall();
    if (how === 'requests' || how === 'both') connection.cut('requests');
    if (how === 'answers' || how === 'both') connection.cut('answers');
    this.#later(this.#between(300, 10_000), `${machine.host} reaches the store again`, () => connection.heal());
  }

  #watchGap(machine: Machine): void {
    const { store } = this.#world;
    const how = this.#one(['deletions', 'breaks', 'compacted', 'leader'] as const);
    this.#note(`watches of ${machine.host}: ${how}`);
    if (how === 'deletions') machine.store?.dropDeletions(1 + this.#random.below(2));
    if (how === 'breaks') machine.store?.breakWatches();
    if (how === 'compacted') {
      store.compact();
      machine.store?.breakWatches();
    }
    if (how === 'leader') store.changeLeader();
  }

  #later(ms: number, what: string | undefined, mend: () => void): void {
    const number = ++this.#count;
    const timer = this.#world.time.set(ms, () => done());
    const done = (): void => {
      timer.cancel();
      if (!this.#mends.delete(number)) return;
      if (what !== undefined) this.#note(what);
      mend();
    };
    this.#mends.set(number, done);
  }

  #note(what: string): void {
    this.#world.trace.note('nemesis', what);
  }

  #between(least: number, most: number): number {
    return least + this.#random.below(most - least);
  }

  #one<T>(all: readonly T[]): T {
    return all[this.#random.below(all.length)]!;
  }
}
