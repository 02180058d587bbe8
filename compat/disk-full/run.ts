import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { describeLogDirs } from '../../src/protocol/messages/035-describe-log-dirs.ts';
import { startPosthorn, type RunningPosthorn } from '../brokers/posthorn.ts';
import { WirePeer } from '../oracle/wire-peer.ts';
import { smallDisk, type SmallDisk } from './small-disk.ts';

/**
 * Fills a real small file system through a broker and shows what goes on: producers get a retriable error while fetches,
 * commits, deletions and retention work, producers go on by themselves once there is space, also after another process
 * filled the disk to the last byte, and nothing acknowledged is lost after kill -9.
 *
 *   node dist/compat/disk-full/run.js
 *
 * Mounts a file system of DISK_MB (256) megabytes, which takes root; says so and does nothing where it may not. The client is kafkajs.
 * Closes with "N passed, M failed".
 */
const DISK_MB = Number(process.env['DISK_MB'] ?? 256);
const MIB = 1024 * 1024;
const FILLER = Buffer.alloc(MIB / 2, 'x');
const RESUME_MS = 60_000;
const { Kafka, KafkaJSProtocolError, logLevel } = kafkajs;

let passed = 0;
let failed = 0;

function verdict(what: string, isGood: boolean, figures = ''): void {
  console.log(`${isGood ? 'pass' : 'FAIL'} ${what}${figures === '' ? '' : `: ${figures}`}`);
  if (isGood) passed++;
  else failed++;
}

type Client = InstanceType<typeof Kafka>;

function client(bootstrap: string, retries: number): Client {
  const retry = { retries, initialRetryTime: 100, maxRetryTime: 500 };
  return new Kafka({ clientId: 'disk-full', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING, retry });
}

/** Why a send was refused, as the protocol has it; undefined when it was not. */
async function sent(send: Promise<unknown>): Promise<{ type: string; retriable: boolean } | undefined> {
  try {
    await send;
    return undefined;
  } catch (error) {
    let cause: unknown = error;
    while (cause instanceof Error && !(cause instanceof KafkaJSProtocolError) && cause.cause !== undefined) {
      cause = cause.cause;
    }
    if (cause instanceof KafkaJSProtocolError) return { type: cause.type, retriable: cause.retriable };
    return { type: String(error), retriable: false };
  }
}

class Run {
  readonly #disk: SmallDisk;
  readonly #home = mkdtempSync(join(tmpdir(), 'posthorn-disk-full-'));
  /** Values of the topic `kept` that were acknowledged. */
  readonly #kept: string[] = [];
  #broker!: RunningPosthorn;
  #count = 0;

  constructor(disk: SmallDisk) {
    this.#disk = disk;
  }

  async start(): Promise<void> {
    const settings = {
      'log.dirs': join(this.#disk.path, 'data'),
      'log.retention.check.interval.ms': '1000',
      'log.retention.ms': '-1',
      'offsets.topic.num.partitions': '1',
    };
    this.#broker = await startPosthorn({ settings, dataDir: this.#home });
  }

  async run(): Promise<void> {
    await this.start();
    const admin = client(this.#broker.bootstrap, 5).admin();
    await admin.connect();
    const configEntries = [
      { name: 'segment.bytes', value: String(16 * MIB) },
      { name: 'file.delete.delay.ms', value: '1000' },
    ];
    const topics = ['kept', 'fill', 'deleted'].map((topic) => ({ topic, numPartitions: 1, configEntries }));
    await admin.createTopics({ topics, waitForLeaders: true });
    const producer = await this.#impatient();
    await this.#keep(producer);
    for (let count = 0; count < 60; count++) {
      await producer.send({ topic: 'deleted', acks: -1, messages: [{ value: FILLER }] });
    }
    await producer.disconnect();
    await this.#fill('at first');
    await this.#othersGoOn(admin);
    await this.#resumes('after a topic was deleted', () => admin.deleteTopics({ topics: ['deleted'] }));

    await this.#fill('a second time');
    await this.#resumes('after retention', () =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: 2,
            name: 'fill',
            configEntries: [...configEntries, { name: 'retention.bytes', value: String(20 * MIB) }],
          },
        ],
      }),
    );
    await this.#lastByte();
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'fill', configEntries }] });
    await this.#fill('before the kill');
    await admin.disconnect();
    await this.#broker.kill();
    await this.start();
    await this.#allKept();
    await this.#broker.stop();
  }

  end(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #impatient(): Promise<ReturnType<Client['producer']>> {
    const producer = client(this.#broker.bootstrap, 0).producer({ maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  }

  async #keep(producer: ReturnType<Client['producer']>): Promise<{ type: string; retriable: boolean } | undefined> {
    const value = `kept ${this.#count++}`;
    const refused = await sent(producer.send({ topic: 'kept', acks: -1, messages: [{ value }] }));
    if (refused === undefined) this.#kept.push(value);
    return refused;
  }

  /** Writes until the first refusal. */
  async #fill(when: string): Promise<void> {
    // One of its own: kafkajs goes on asking for all topics that a producer ever wrote to, deleted ones too.
    const producer = await this.#impatient();
    await this.#fillWith(producer, when);
    await producer.disconnect();
  }

  async #fillWith(producer: ReturnType<Client['producer']>, when: string): Promise<void> {
    let acknowledged = 0;
    for (let count = 0; count < DISK_MB * 4; count++) {
      await this.#keep(producer);
      const refused = await sent(producer.send({ topic: 'fill', acks: -1, messages: [{ value: FILLER }] }));
      if (refused === undefined) {
        acknowledged++;
        continue;
      }
      const free = Math.round(this.#freeBytes() / MIB);
      const figures = `${refused.type} after ${acknowledged} batches, ${free} MiB of ${DISK_MB} left`;
      const isRight = refused.retriable && refused.type === 'KAFKA_STORAGE_ERROR';
      verdict(`a full disk refuses producers with a retriable error ${when}`, isRight, figures);
      return;
    }
    verdict(`a full disk refuses producers ${when}`, false, 'never refused');
  }

  async #othersGoOn(admin: ReturnType<Client['admin']>): Promise<void> {
    const values = await this.#read('kept', 'readers');
    verdict(
      'fetches and a group go on',
      this.#kept.every((value) => values.includes(value)),
      `${values.length} records`,
    );
    const [committed] = await admin.fetchOffsets({ groupId: 'readers', topics: ['kept'] });
    const offset = committed?.partitions[0]?.offset;
    verdict('commits go on', Number(offset) >= this.#kept.length, `committed ${offset}`);
  }

  /** A producer that tries again and again succeeds once `free` has made space. */
  async #resumes(when: string, free: () => Promise<unknown>): Promise<void> {
    const patient = client(this.#broker.bootstrap, 1000).producer({ maxInFlightRequests: 1, idempotent: true });
    await patient.connect();
    const value = `kept ${this.#count++}`;
    const began = performance.now();
    const waiting = sent(patient.send({ topic: 'kept', acks: -1, messages: [{ value }] }));
    await pause(1000);
    await free();
    const freed = performance.now();
    const outcome = await Promise.race([waiting, pause(RESUME_MS, { type: 'never', retriable: false })]);
    if (outcome === undefined) this.#kept.push(value);
    const seconds = ((performance.now() - freed) / 1000).toFixed(1);
    const waited = ((performance.now() - began) / 1000).toFixed(1);
    const figures = outcome === undefined ? `${seconds} s later, ${waited} s in all` : outcome.type;
    verdict(`a producer goes on by itself ${when}`, outcome === undefined, figures);
    await patient.disconnect();
  }

  /** Another process takes all that is left, the broker's reserve too. */
  async #lastByte(): Promise<void> {
    const producer = await this.#impatient();
    const ballast = join(this.#disk.path, 'ballast');
    const file = openSync(ballast, 'w');
    const zeros = Buffer.alloc(MIB);
    try {
      for (;;) writeSync(file, zeros);
    } catch {
      // No space left, as wanted.
    }
    for (let size = MIB / 2; size >= 512; size /= 2) {
      try {
        writeSync(file, zeros, 0, size);
      } catch {
        // Less fits.
      }
    }
    closeSync(file);
    let refusals = 0;
    for (let count = 0; count < 20; count++) {
      if ((await this.#keep(producer)) !== undefined) refusals++;
      await pause(200);
    }
    await producer.disconnect();
    verdict('a disk filled to the last byte by another process refuses producers', refusals > 0, `${refusals} of 20`);
    const values = await this.#read('kept', 'more readers');
    verdict(
      'and is read as before',
      this.#kept.every((value) => values.includes(value)),
      `${values.length} records`,
    );
    await this.#resumes('when the other process gave it back', async () => unlinkSync(ballast));
    const peer = new WirePeer(this.#broker.bootstrap, 'disk-full');
    const outcome = await peer.exchange(peer.request(describeLogDirs, 4, { topics: null }), 10_000);
    const results = 'frame' in outcome ? peer.response(describeLogDirs, 4, outcome.frame).results : [];
    peer.close();
    verdict('without a restart', results.length === 1 && results[0]?.errorCode === 0);
  }

  async #allKept(): Promise<void> {
    const values = await this.#read('kept', 'last readers');
    const there = new Set(values);
    const lost = this.#kept.filter((value) => !there.has(value));
    verdict(
      'after kill -9 all that was acknowledged is there',
      lost.length === 0,
      `${this.#kept.length} acknowledged, ${lost.length} lost`,
    );
  }

  /** All records of a topic, through a group that commits. */
  async #read(topic: string, groupId: string): Promise<string[]> {
    const admin = client(this.#broker.bootstrap, 5).admin();
    await admin.connect();
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    const wanted = Number(end?.high ?? 0);
    const values: string[] = [];
    const consumer = client(this.#broker.bootstrap, 5).consumer({ groupId, sessionTimeout: 10_000 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${groupId}: ${values.length} of ${wanted} records`)), RESUME_MS);
      void consumer.run({
        eachMessage: async ({ message }) => {
          values.push(message.value?.toString() ?? '');
          if (Number(message.offset) < wanted - 1) return;
          clearTimeout(timer);
          done();
        },
      });
    });
    await pause(200);
    await consumer.disconnect();
    return values;
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#disk.path);
    return bavail * bsize;
  }
}

const disk = smallDisk(DISK_MB);
if ('reason' in disk) {
  console.log(`NOT RUN: no file system could be mounted, which takes root: ${disk.reason}`);
  console.log('0 passed, 0 failed');
  process.exit(0);
}
console.log(`${DISK_MB} MB of ${disk.kind}`);
const run = new Run(disk);
try {
  await run.run();
} catch (error) {
  verdict('the run came to its end', false, error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  process.once('exit', () => {
    disk.remove();
    run.end();
  });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
