import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { endsWithUs, freePort, listening } from '../brokers/running-broker.ts';
import { WirePeer } from '../oracle/wire-peer.ts';
import { repositoryRoot } from '../paths.ts';

/**
 * Many partitions under a small limit of open files: topics are created, every partition gets a record, the broker is
 * killed and started again on the same data, everything is there, and it is stopped in order. Figures are printed;
 * descriptors above the limit or a missing record fail.
 *
 *   node dist/compat/partitions/run.js
 *
 * PARTITIONS (10000), DESCRIPTORS (1024; the limit of the process). Linux only. Closes with "N passed, M failed".
 */
const PARTITIONS = Number(process.env['PARTITIONS'] ?? 10_000);
const DESCRIPTORS = Number(process.env['DESCRIPTORS'] ?? 1024);
const PER_TOPIC = 100;
const PER_REQUEST = 500;
const START_MS = 120_000;
const CALL_MS = 120_000;

const topics = Array.from({ length: Math.ceil(PARTITIONS / PER_TOPIC) }, (_, index) => `many-${index}`);
const indexes = Array.from({ length: PER_TOPIC }, (_, index) => index);
let passed = 0;
let failed = 0;

function verdict(what: string, isGood: boolean, figures: string): void {
  console.log(`${isGood ? 'pass' : 'FAIL'} ${what}: ${figures}`);
  if (isGood) passed++;
  else failed++;
}

class Broker {
  readonly child: ChildProcess;
  readonly port: number;
  peakDescriptors = 0;
  readonly #watch: NodeJS.Timeout;

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.port = port;
    this.#watch = setInterval(() => this.look(), 20);
  }

  static async start(home: string, port: number): Promise<Broker> {
    const bin = join(repositoryRoot, 'bin', 'posthorn.js');
    const command = `ulimit -n ${DESCRIPTORS} && exec "${process.execPath}" "${bin}" --port ${port} --data-dir "${home}" --override log.retention.ms=-1 --override posthorn.shutdown.timeout.ms=120000`;
    const child = endsWithUs(spawn('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] }));
    const broker = new Broker(child, port);
    if (!(await listening(port, child, START_MS))) throw new Error('the broker did not start');
    return broker;
  }

  look(): void {
    try {
      this.peakDescriptors = Math.max(this.peakDescriptors, readdirSync(`/proc/${this.child.pid}/fd`).length);
    } catch {
      // It is gone.
    }
  }

  get memoryMib(): number {
    const match = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'));
    return Math.round(Number(match?.[1] ?? 0) / 1024);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const gone = new Promise<number | null>((done) => {
      this.child.once('exit', (code) => done(code));
    });
    this.child.kill(signal);
    const code = await gone;
    clearInterval(this.#watch);
    return code;
  }
}

async function call<Req extends Fields, Res extends Fields>(
  peer: WirePeer,
  api: Api<Req, Res>,
  version: number,
  body: Write<Req>,
): Promise<Read<Res>> {
  const outcome = await peer.exchange(peer.request(api, version, body), CALL_MS);
  if (!('frame' in outcome)) throw new Error(`${api.name}: ${outcome.ended}`);
  return peer.response(api, version, outcome.frame);
}

async function create(peer: WirePeer): Promise<number> {
  let errors = 0;
  for (let start = 0; start < topics.length; start += 10) {
    const wanted = topics.slice(start, start + 10).map((name) => ({
      name,
      numPartitions: PER_TOPIC,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    }));
    const answer = await call(peer, createTopics, 7, { topics: wanted, timeoutMs: CALL_MS, validateOnly: false });
    errors += answer.topics.filter(({ errorCode }) => errorCode !== 0).length;
  }
  return errors;
}

/** One record to each partition; answers how many were not acknowledged. */
async function produceToAll(peer: WirePeer): Promise<number> {
  let errors = 0;
  for (let start = 0; start < topics.length; start += PER_REQUEST / PER_TOPIC) {
    const topicData = topics.slice(start, start + PER_REQUEST / PER_TOPIC).map((name) => ({
      name,
      topicId: ZERO_UUID,
      partitionData: indexes.map((index) => ({
        index,
        records: [buildBatch([{ key: null, value: Buffer.from(`${name}-${index}`), timestamp: Date.now() }])],
      })),
    }));
    const answer = await call(peer, produce, 12, { transactionalId: null, acks: -1, timeoutMs: CALL_MS, topicData });
    for (const { partitionResponses } of answer.responses) {
      errors += partitionResponses.filter(({ errorCode }) => errorCode !== 0).length;
    }
  }
  return errors;
}

/** Partitions whose end is not at `expected`. */
async function wrongEnds(peer: WirePeer, expected: number): Promise<number> {
  const wanted = topics.map((name) => ({
    name,
    partitions: indexes.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: -1 })),
  }));
  const body = { replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics: wanted };
  const answer = await call(peer, listOffsets, 7, body);
  return answer.topics.flatMap(({ partitions }) => partitions).filter(({ offset }) => offset !== expected).length;
}

const seconds = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;

if (process.platform !== 'linux') {
  console.log('NOT RUN: descriptors and memory are read from /proc, which is not here');
  process.exit(0);
}
const home = await mkdtemp(join(tmpdir(), 'posthorn-many-'));
const port = await freePort();
const total = topics.length * PER_TOPIC;
console.log(`${total} partitions, at most ${DESCRIPTORS} open files`);

let broker = await Broker.start(home, port);
let peer = new WirePeer(`127.0.0.1:${port}`, 'many');
let began = performance.now();
const refused = await create(peer);
verdict('create', refused === 0, `${seconds(began)}, ${refused} refused`);
for (const round of [1, 2]) {
  began = performance.now();
  const lost = await produceToAll(peer);
  verdict(
    `produce, round ${round}`,
    lost === 0,
    `${seconds(began)}, ${lost} of ${total} not acknowledged, ${broker.memoryMib} MiB`,
  );
}
verdict('descriptors', broker.peakDescriptors < DESCRIPTORS, `${broker.peakDescriptors} at most`);
peer.close();
await broker.end('SIGKILL');

began = performance.now();
broker = await Broker.start(home, port);
const up = seconds(began);
peer = new WirePeer(`127.0.0.1:${port}`, 'many');
const wrong = await wrongEnds(peer, 2);
verdict('start after kill -9', wrong === 0, `${up}, ${wrong} partitions wrong, ${broker.memoryMib} MiB`);
const lost = await produceToAll(peer);
verdict('produce after it', lost === 0, `${lost} not acknowledged`);
verdict('descriptors', broker.peakDescriptors < DESCRIPTORS, `${broker.peakDescriptors} at most`);
peer.close();
began = performance.now();
const code = await broker.end('SIGTERM');
verdict('stop', code === 0, `${seconds(began)}, exit code ${code}`);

began = performance.now();
broker = await Broker.start(home, port);
const clean = seconds(began);
peer = new WirePeer(`127.0.0.1:${port}`, 'many');
const wrongAfter = await wrongEnds(peer, 3);
verdict('start after the stop', wrongAfter === 0, `${clean}, ${wrongAfter} partitions wrong`);
peer.close();
began = performance.now();
const idle = await broker.end('SIGTERM');
verdict('stop with nothing written', idle === 0, `${seconds(began)}, exit code ${idle}`);
await rm(home, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
