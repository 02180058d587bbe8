import type { SeededRandom } from '../../base/seeded-random.ts';
import { Broker } from '../../broker/broker.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { GatedStore } from '../../metadata/gated-store.ts';
import type { SimulatedConnection } from '../../metadata/simulated-connection.ts';
import type { SimulatedStore } from '../../metadata/simulated-store.ts';
import type { Clock, Timers } from '../../runtime/clock.ts';
import { Gate } from '../../runtime/gate.ts';
import { gatedRuntime } from '../../runtime/gated-runtime.ts';
import { MemoryDisk, type Unsynced } from '../../runtime/memory-disk.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { DiskTrouble } from './disk-trouble.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { slowDisk, type DiskPace } from './slow-disk.ts';
import type { Trace } from './trace.ts';

export type MachineState = 'starting' | 'running' | 'paused' | 'stopping' | 'down' | 'dark';

export interface MachineParts {
  readonly id: number;
  /** `log.dirs`: each a disk that fails by itself. */
  readonly directories: readonly string[];
  readonly config: BrokerConfig;
  readonly time: Clock & Timers;
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly store: SimulatedStore;
  readonly trace: Trace;
  /** The broker logs a line. */
  readonly logged: (level: string, message: string, facts?: Record<string, unknown>) => void;
  /** Something of this machine is about to run. */
  readonly touched: () => void;
}

/** Until a broker that could not start, or gave up, is started again. */
const RESTART_MS = 1000;

/** What a disk holds after a reboot that nobody was prepared for. */
const AFTER_FAILURE: Unsynced = 'mixed';

/** One machine with disks, a link to the store, and a broker that comes and goes. */
export class Machine {
  readonly id: number;
  readonly host: string;
  readonly pace: DiskPace = { syncMs: [0.1, 2] };
  /** How far its wall clock is off. */
  wallOffsetMs = 0;
  readonly #parts: MachineParts;
  readonly #trouble = new DiskTrouble();
  #disk = new MemoryDisk({ crashable: true });
  #state: MachineState = 'down';
  #gate = new Gate();
  #store: SimulatedConnection | undefined;
  #broker: Broker | undefined;
  #lives = 0;
  /** It is to be running: what ends by itself is started again. */
  #isWanted = true;
  #storeDelayMs: readonly [number, number] = [0.2, 1.5];

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.host = hostOf(parts.id);
  }

  get state(): MachineState {
    return this.#state;
  }

  /** The broker as it runs or is paused; undefined before it is let in. */
  get broker(): Broker | undefined {
    return this.#state === 'running' || this.#state === 'paused' || this.#state === 'stopping'
      ? this.#broker
      : undefined;
  }

  /** Counts the broker's starts. */
  get life(): number {
    return this.#lives;
  }

  get store(): SimulatedConnection | undefined {
    return this.#store;
  }

  start(): void {
    this.#isWanted = true;
    if (this.#state === 'dark') {
      this.#parts.network.lighten(this.host);
      this.#state = 'down';
    }
    if (this.#state === 'down') this.#begin();
  }

  /** As kill -9. */
  kill(): void {
    if (this.#state === 'down' || this.#state === 'dark') return;
    this.#note('killed');
    this.#die();
    this.#renewDisk();
    this.#state = 'down';
    this.#isWanted = false;
  }

  /** Killed, and its disks are gone: new ones take their place. */
  wipe(): void {
    this.#note('loses its disks');
    this.#die();
    this.#disk.kill();
    this.#disk = new MemoryDisk({ crashable: true });
    this.#trouble.mend();
    this.#trouble.apply(this.#disk);
    this.#trouble.rebooted();
    this.#state = 'down';
    this.#isWanted = false;
  }

  /** One of its disks begins to fail; says how. Whenever its broker ends from now on the machine is rebooted. */
  failDisk(): string {
    const { directories, random } = this.#parts;
    return this.#trouble.fail(this.#disk, directories[random.below(directories.length)]!, random);
  }

  /** The failing disk works again. The broker uses it only after a start. */
  mendDisk(): void {
    this.#trouble.mend();
    if (this.#state === 'down' || this.#state === 'dark') this.#renewDisk();
  }

  /** Next to no space is left on its disks. */
  fillDisk(): void {
    this.#trouble.fill(this.#disk, this.#parts.random);
  }

  emptyDisk(): void {
    this.#trouble.empty(this.#disk);
  }

  /** Whether its broker may complain of a disk. */
  get isDiskTroubled(): boolean {
    return this.#trouble.isAny;
  }

  /** Whether the log in `directory` has to be offline, for a sync of it failed. */
  isUnsyncable(directory: string): boolean {
    return this.#trouble.isUnsyncable(directory);
  }

  /** Looks at its files, which do not fail meanwhile. */
  observe(look: () => void): void {
    this.#disk.withoutFailures(look);
  }

  /** Names of what lies in its log directories. */
  directoryNames(): { name: string; isDirectory: boolean }[] {
    return this.#parts.directories.flatMap((path) => this.#disk.list(path));
  }

  /** The power goes: what was not synced is gone, or torn. Without a word to anybody. */
  losePower(unsynced: Unsynced): void {
    if (this.#state === 'dark') return;
    this.#note(`loses power: what was not synced is ${unsynced}`);
    this.#parts.network.darken(this.host);
    this.#die();
    this.#disk = this.#disk.crash(unsynced, this.#parts.random);
    this.#trouble.apply(this.#disk);
    this.#trouble.rebooted();
    this.#state = 'dark';
    this.#isWanted = false;
  }

  pause(): void {
    if (this.#state !== 'running') return;
    this.#note('paused');
    this.#state = 'paused';
    this.#gate.pause();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#note('resumed');
    this.#state = 'running';
    this.#parts.touched();
    this.#gate.resume();
  }

  /** From now on messages to and from the store take so long. */
  delayStore(delayMs: readonly [number, number]): void {
    this.#storeDelayMs = delayMs;
    this.#store?.delay(...delayMs);
  }

  /** Stops it in order. */
  stop(): void {
    if (this.#state !== 'running' || this.#broker === undefined) return;
    this.#note('stops');
    this.#isWanted = false;
    this.#close(this.#broker);
  }

  #begin(): void {
    const { config, trace, store, time } = this.#parts;
    const gate = new Gate();
    const life = ++this.#lives;
    this.#gate = gate;
    this.#state = 'starting';
    this.#broker = undefined;
    this.#note(`starts for the ${life}. time`);
    this.#trouble.started();
    const connection = store.connect();
    connection.delay(...this.#storeDelayMs);
    this.#store = connection;
    const runtime = gatedRuntime(this.#runtime(), gate);
    const failed = (reason: string): void => {
      if (this.#gate !== gate) return;
      trace.note(this.host, `cannot go on: ${reason}`);
      if (this.#broker !== undefined && this.#state === 'running') this.#close(this.#broker);
    };
    Broker.start({ config, runtime, store: new GatedStore(connection, gate), failed }).then(
      (broker) => {
        if (this.#gate !== gate) return;
        this.#note('is let in');
        this.#broker = broker;
        this.#state = 'running';
      },
      (error: unknown) => {
        if (this.#gate !== gate) return;
        trace.note(this.host, `cannot start: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
        connection.kill();
        if (this.#trouble.hasFailed) this.#renewDisk();
        this.#state = 'down';
        time.set(RESTART_MS, () => this.#again());
      },
    );
  }

  #close(broker: Broker): void {
    const gate = this.#gate;
    this.#state = 'stopping';
    const ended = (how: string): void => {
      if (this.#gate !== gate) return;
      this.#note(how);
      this.#store?.kill();
      this.#renewDisk();
      this.#state = 'down';
      this.#broker = undefined;
      this.#parts.time.set(RESTART_MS, () => this.#again());
    };
    broker.close().then(
      () => ended('has stopped'),
      (error: unknown) => ended(`has stopped badly: ${String(error)}`),
    );
  }

  #again(): void {
    if (this.#isWanted && this.#state === 'down') this.#begin();
  }

  #die(): void {
    const gate = this.#gate;
    this.#gate = new Gate();
    this.#broker = undefined;
    gate.kill();
    this.#store?.kill();
  }

  /** The disks as the next start finds them. After a failure nobody knows what of the cache is on the device: only that counts. */
  #renewDisk(): void {
    this.#disk = this.#trouble.hasFailed ? this.#disk.crash(AFTER_FAILURE, this.#parts.random) : this.#disk.kill();
    this.#trouble.apply(this.#disk);
    this.#trouble.rebooted();
  }

  #runtime(): Runtime {
    const { time, random, network, trace, touched, logged } = this.#parts;
    const timers: Timers = {
      set: (delayMs, callback) =>
        time.set(delayMs, () => {
          touched();
          callback();
        }),
      soon: (callback) =>
        time.soon(() => {
          touched();
          callback();
        }),
    };
    return {
      clock: { nowMs: () => time.nowMs() + this.wallOffsetMs, monotonicMs: () => time.monotonicMs() },
      timers,
      random,
      disk: slowDisk({ disk: this.#disk, timers, random, pace: this.pace }),
      network: network.host(this.host),
      logger: trace.logger(this.host, logged),
      hostName: () => this.host,
    };
  }

  #note(what: string): void {
    this.#parts.trace.note(this.host, what);
  }
}

export function hostOf(id: number): string {
  return `b${id}`;
}
