import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from '../../../src/client/admin/admin.ts';
import { KafkaError } from '../../../src/client/client-error.ts';
import { Cluster } from '../../../src/client/cluster.ts';
import { Kafka } from '../../../src/client/kafka.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import type { Plain } from '../../oracle/plain.ts';
import type { Step } from '../../oracle/scenario.ts';

const REQUEST_MS = 15_000;
const TRIES_MAX = 50;
const TRY_MS = 100;

/** What one scenario does with one broker, and what came of it. */
export class AdminSide {
  readonly admin: Admin;
  /** For what no admin does, like joining a group. */
  readonly cluster: Cluster;
  readonly steps: Step[] = [];
  readonly #mark: string;

  constructor(bootstrapServers: string, mark: string) {
    const options = { bootstrapServers, clientId: 'admin-compat', requestTimeoutMs: REQUEST_MS };
    const runtime = nodeRuntime({ level: 'silent', fd: 2, pretty: false });
    this.admin = new Kafka(options, runtime).admin();
    this.cluster = new Cluster(runtime, options);
    this.#mark = mark;
  }

  /** A name of this run alone; told as it was given. */
  name(name: string): string {
    return `${this.#mark}-${name}`;
  }

  /** Notes what a call gave, or how it failed. */
  async step<T>(
    label: string,
    call: () => Promise<T>,
    show: (value: T) => unknown = (value) => value,
  ): Promise<T | undefined> {
    let value: T | undefined;
    let answer: Plain;
    try {
      value = await call();
      answer = this.#plain(show(value));
    } catch (error) {
      answer = this.#plain(error);
    }
    this.steps.push({ label, request: '', answer });
    return value;
  }

  /** Asks again until the brokers, which answer before all of it has happened, are where they are going. */
  async until<T>(ask: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
    for (let tries = 1; ; tries++) {
      const value = await ask();
      if (isThere(value) || tries === TRIES_MAX) return value;
      await pause(TRY_MS);
    }
  }

  close(): void {
    this.admin.close();
    this.cluster.close();
  }

  #text(value: string): string {
    return value.replaceAll(`${this.#mark}-`, '');
  }

  #plain(value: unknown): Plain {
    if (value === undefined) return 'done';
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
    if (typeof value === 'string') return this.#text(value);
    if (value instanceof KafkaError) return { code: value.code, message: this.#plain(value.message) };
    if (value instanceof Error) return { thrown: value.message };
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    if (Array.isArray(value)) return value.map((each) => this.#plain(each));
    const entries: [string | number, unknown][] =
      value instanceof Map ? [...(value as Map<string | number, unknown>)] : Object.entries(value);
    const plain = entries.map(([key, each]): [string, Plain] => [this.#text(String(key)), this.#plain(each)]);
    return Object.fromEntries(plain.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

export interface AdminScenario {
  readonly name: string;
  run(side: AdminSide): Promise<void>;
}
