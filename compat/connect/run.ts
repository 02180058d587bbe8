import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brokerKind } from '../brokers/broker-kind.ts';
import { startLasting } from '../brokers/lasting-broker.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { Numbers } from '../clients/numbers.ts';
import { kafkaClassPath, needJava } from '../tools/kafka-jars.ts';
import { Worker, type Settings } from './worker.ts';

/**
 * Kafka Connect: a file goes through a topic into another file, by a worker alone, by two workers of which one is killed and
 * started again, and the same with the exactly-once source.
 *
 *   node dist/compat/connect/run.js [--long]
 *
 * BROKER=kafka runs it against Apache Kafka; LINES (2000; 20000 in the long form). The short form took
 * 150 seconds on two busy cores. Closes with "N passed, M failed".
 */
const long = process.argv.includes('--long');
const LINES = Number(process.env['LINES'] ?? (long ? 20_000 : 2000));
const COPIED_MS = 120_000;
const LOOK_MS = 200;
const PARTS = 4;

const kind = brokerKind();
try {
  needJava();
  kafkaClassPath('connect-file');
} catch (error) {
  console.log(`NOT RUN: Kafka Connect: ${error instanceof Error ? error.message : String(error)}`);
  console.log('0 passed, 0 failed, all NOT RUN');
  process.exit(0);
}
const broker = await startLasting(kind);
const { bootstrap } = broker;
const numbers = new Numbers(bootstrap);

/** A file, a topic and a file, and the connectors between them. */
class Way {
  readonly #topic: string;
  readonly #from: string;
  readonly #to: string;
  readonly source: Settings;
  readonly sink: Settings;
  #written = 0;

  constructor(home: string, topic: string) {
    this.#topic = topic;
    this.#from = join(home, 'from.txt');
    this.#to = join(home, 'to.txt');
    const name = (role: string): Settings => ({ name: `${topic}-${role}`, 'tasks.max': '1' });
    const file = 'org.apache.kafka.connect.file.FileStream';
    this.source = { ...name('source'), 'connector.class': `${file}SourceConnector`, file: this.#from, topic };
    this.sink = { ...name('sink'), 'connector.class': `${file}SinkConnector`, file: this.#to, topics: topic };
  }

  async prepare(): Promise<void> {
    await createTopicsToKeep(bootstrap, [this.#topic], 1);
  }

  async writePart(): Promise<void> {
    const until = Math.min(LINES, this.#written + Math.ceil(LINES / PARTS));
    let text = '';
    for (; this.#written < until; this.#written++) text += `${lineOf(this.#written)}\n`;
    await appendFile(this.#from, text);
  }

  /** Waits until all lines so far have come out; `exactly` allows none twice, in the topic and in the file. */
  async arrived(exactly: boolean): Promise<void> {
    const deadline = Date.now() + COPIED_MS;
    for (;;) {
      const lines = await readFile(this.#to, 'utf8').then(
        (text) => text.split('\n').slice(0, -1),
        () => [],
      );
      if (new Set(lines).size >= this.#written) {
        this.#check('file', lines, exactly);
        return;
      }
      if (Date.now() > deadline) throw new Error(`${new Set(lines).size} lines of ${this.#written} came out`);
      await pause(LOOK_MS);
    }
  }

  async checkTopic(exactly: boolean): Promise<void> {
    const records = await numbers.readCommitted(this.#topic);
    this.#check(
      'topic',
      records.map(({ value }) => value),
      exactly,
    );
  }

  #check(where: string, lines: readonly string[], exactly: boolean): void {
    const wanted = Array.from({ length: this.#written }, (_, index) => lineOf(index));
    const seen = exactly ? lines : [...new Set(lines)];
    const at = wanted.findIndex((line, index) => seen[index] !== line);
    if (at >= 0 || seen.length !== wanted.length)
      throw new Error(`${where}: ${lines.length} lines of ${wanted.length}, at ${at} ${seen.slice(at, at + 3).join()}`);
  }
}

function lineOf(index: number): string {
  return `line ${index}`;
}

async function standalone(home: string): Promise<void> {
  const way = new Way(home, 'connect-alone');
  await way.prepare();
  await way.writePart();
  const worker = await Worker.standalone(home, bootstrap, [way.source, way.sink]);
  worker.start();
  try {
    await way.arrived(true);
    await worker.close();
    await way.writePart();
    worker.start();
    await way.arrived(true);
    await way.checkTopic(true);
  } finally {
    await worker.close();
  }
}

/** Two workers; each is killed once, the broker too. Only the exactly-once source leaves no line twice in the topic. */
async function distributed(home: string, topic: string, exactlyOnce: boolean): Promise<void> {
  const way = new Way(home, topic);
  await way.prepare();
  await way.writePart();
  const further: Settings = exactlyOnce ? { 'exactly.once.source.support': 'enabled' } : {};
  const make = async (): Promise<Worker> => Worker.distributed(home, bootstrap, `${topic}-workers`, further);
  const [one, other] = [await make(), await make()];
  one.start();
  other.start();
  try {
    await one.put(exactlyOnce ? { ...way.source, 'exactly.once.support': 'required' } : way.source);
    await other.put({ ...way.sink, 'consumer.override.isolation.level': 'read_committed' });
    await way.arrived(false);
    await way.writePart();
    await one.kill();
    await other.running(way.source['name'] ?? '');
    await way.arrived(false);
    one.start();
    await way.writePart();
    await broker.crash();
    await one.running(way.source['name'] ?? '');
    await other.kill();
    await way.writePart();
    await one.running(way.sink['name'] ?? '');
    await way.arrived(false);
    await way.checkTopic(exactlyOnce);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

const cases: Readonly<Record<string, (home: string) => Promise<void>>> = {
  standalone,
  distributed: async (home) => distributed(home, 'connect-two', false),
  'distributed, exactly-once source': async (home) => distributed(home, 'connect-exactly', true),
};

let passed = 0;
let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const home = await mkdtemp(join(tmpdir(), 'connect-compat-'));
  try {
    await run(home);
    console.log(`pass ${name}: ${LINES} lines, ${seconds()}`);
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}, ${seconds()}\n    ${error instanceof Error ? error.message : String(error)}`);
  }
  await rm(home, { recursive: true, force: true });
}
await broker.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
