import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../brokers/running-broker.ts';
import { finish, start } from '../clients/processes.ts';
import { javaClass } from '../clients/programs.ts';
import { kafkaClassPath } from '../tools/kafka-jars.ts';

const READY_MS = 90_000;
const CLOSE_MS = 20_000;
const ASK_MS = 20_000;
const LOOK_MS = 200;

export type Settings = Readonly<Record<string, string>>;

const common: Settings = {
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'offset.flush.interval.ms': '500',
};

/** A worker of Kafka Connect, alone or one of a group. */
export class Worker {
  readonly #url: string;
  readonly #commandLine: readonly string[];
  #child: ChildProcess | undefined;
  #said = '';

  private constructor(url: string, commandLine: readonly string[]) {
    this.#url = url;
    this.#commandLine = commandLine;
  }

  /** One that runs `connectors` by itself and keeps its offsets in a file. */
  static async standalone(home: string, bootstrap: string, connectors: readonly Settings[]): Promise<Worker> {
    const settings = { 'bootstrap.servers': bootstrap, 'offset.storage.file.filename': join(home, 'offsets') };
    return Worker.#make(home, 'ConnectStandalone', settings, connectors);
  }

  /** One of a group, whose connectors, offsets and states are in compacted topics. */
  static async distributed(home: string, bootstrap: string, group: string, further: Settings): Promise<Worker> {
    const settings = {
      'bootstrap.servers': bootstrap,
      'group.id': group,
      'config.storage.topic': `${group}-configs`,
      'offset.storage.topic': `${group}-offsets`,
      'status.storage.topic': `${group}-status`,
      'config.storage.replication.factor': '1',
      'offset.storage.replication.factor': '1',
      'status.storage.replication.factor': '1',
      'offset.storage.partitions': '3',
      'status.storage.partitions': '2',
      'session.timeout.ms': '6000',
      'heartbeat.interval.ms': '1000',
      'scheduled.rebalance.max.delay.ms': '500',
      ...further,
    };
    return Worker.#make(home, 'ConnectDistributed', settings, []);
  }

  static async #make(
    home: string,
    className: string,
    settings: Settings,
    connectors: readonly Settings[],
  ): Promise<Worker> {
    const url = `http://127.0.0.1:${await freePort()}`;
    const name = url.slice(url.lastIndexOf(':') + 1);
    const files = [join(home, `worker-${name}.properties`)];
    await writeFile(files[0] ?? '', propertiesOf({ ...common, ...settings, listeners: url }));
    for (const [index, connector] of connectors.entries()) {
      const file = join(home, `connector-${name}-${index}.properties`);
      await writeFile(file, propertiesOf(connector));
      files.push(file);
    }
    const program = javaClass(kafkaClassPath('connect-file'), `org.apache.kafka.connect.cli.${className}`);
    return new Worker(url, [...program, ...files]);
  }

  start(): void {
    const child = start(this.#commandLine);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#said = `${this.#said}${chunk.toString()}`.slice(-3000)));
    this.#child = child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((done) => {
      child.once('exit', done);
    });
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    if (this.#child !== undefined) await finish(this.#child, CLOSE_MS);
  }

  /** Puts a connector; asks again while the group has no leader or is at a rebalance. */
  async put(connector: Settings): Promise<void> {
    const body = JSON.stringify(connector);
    await this.#until(`PUT ${connector['name']}`, async () => {
      const headers = { 'content-type': 'application/json' };
      const path = `${this.#url}/connectors/${connector['name']}/config`;
      const answer = await fetch(path, { method: 'PUT', headers, body, signal: AbortSignal.timeout(ASK_MS) });
      return answer.ok ? undefined : answer.text();
    });
  }

  /** Waits until a connector and its task run. */
  async running(connector: string): Promise<void> {
    await this.#until(`${connector} runs`, async () => {
      const path = `${this.#url}/connectors/${connector}/status`;
      const text = await (await fetch(path, { signal: AbortSignal.timeout(ASK_MS) })).text();
      return [...text.matchAll(/"state":"RUNNING"/g)].length === 2 ? undefined : text;
    });
  }

  async #until(what: string, look: () => Promise<string | undefined>): Promise<void> {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const missing = await look().catch(String);
      if (missing === undefined) return;
      if (Date.now() > deadline) throw new Error(`${what}: ${missing}\nthe worker said: ${this.#said}`);
      await pause(LOOK_MS);
    }
  }
}

function propertiesOf(settings: Settings): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
