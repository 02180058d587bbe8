import { rm } from 'node:fs/promises';
import type { BatchLoadResult } from '../client/batch-load.ts';
import { firstAnswer } from '../client/first-answer.ts';
import type { IdleSessions } from '../client/idle-sessions.ts';
import { withClient } from '../client/raw-client.ts';
import { createTopic, describe, expectRecords, growTopic, produceOneToEach } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { cpuSeconds, memory } from '../measure/process-stats.ts';
import { median } from '../measure/statistics.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess, Side } from '../sides/side.ts';
import { loadBatches } from '../tools/loads.ts';
import { besideNode } from '../tools/node.ts';
import type { BenchContext, Values, Workload } from '../workload.ts';
import { newHome, sideOf } from './brokers.ts';

const TOPIC = 'crowd';
const WARM_UP_SHARE = 10;
/** Kafka refuses to make 10,000 partitions in one call. */
const PER_CALL = 5000;
const PER_REQUEST = 100;
const CONNECTIONS = 4;
const UNDER_WAY = 2;
const RECORD_BYTES = 100;
/** Batches of ten records: what a producer has for each of very many partitions. */
const BATCH_BYTES = 1200;
const PASSES = 20;
const SESSIONS = 10;
const QUIET_MS = 5000;
const METADATA_CALLS = 11;

/** One broker with very many partitions. */
export const partitionWorkloads: readonly Workload[] = [1000, 10_000].map(partitionWorkload);

function partitionWorkload(partitions: number): Workload {
  const count = partitions.toLocaleString('en');
  return {
    name: `partitions-${partitions / 1000}k`,
    title: `One broker with ${count} partitions`,
    method:
      `A fresh broker in each round, warmed with a tenth of it all. A topic of ${count} partitions is made, at most ${PER_CALL.toLocaleString('en')} in one call: until each has acknowledged a record. Then a lean client sends ${PASSES} times a batch of ten records ` +
      `of ${RECORD_BYTES} bytes to each partition, ${PER_REQUEST} partitions to a request (acks=1), as fast as it can. Then ${SESSIONS} consumers are at the ends of all partitions, with a fetch session each, and ` +
      'nothing comes for five seconds: what the broker uses more than in the five seconds before counts. Metadata of all partitions is asked for one call after the other, and their median counts.',
    metrics: [
      {
        key: 'createMs',
        title: 'create',
        unit: 'ms',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: 0.3 }],
      },
      {
        key: 'recordsPerSecond',
        title: 'produce to all',
        unit: 'records/s',
        better: 'more',
        goals: [{ of: 'ratio', bound: 'at least', limit: 1 }],
      },
      { key: 'cpuPerMillion', title: 'produce to all: broker CPU per million records', unit: 's', better: 'less' },
      {
        key: 'idleCpuPercent',
        title: `${SESSIONS} idle sessions: processor use`,
        unit: '% of a core',
        better: 'less',
        goals: [{ of: 'ratio', bound: 'at most', limit: 0.5 }],
      },
      { key: 'metadataMs', title: 'Metadata of all', unit: 'ms', better: 'less' },
      { key: 'residentMb', title: 'resident memory then', unit: 'MB', better: 'less' },
    ],
    open: (context) =>
      Promise.resolve({
        measure: (name) => measure(context, sideOf(context, name), partitions),
        close: () => Promise.resolve(),
      }),
  };
}

async function measure(context: BenchContext, side: Side, partitions: number): Promise<Values> {
  const home = await newHome(context, side.name);
  await side.prepare(home);
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    await crowd(broker, `${TOPIC}-warm`, Math.ceil(partitions / WARM_UP_SHARE));
    return await crowd(broker, TOPIC, partitions);
  } finally {
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** One topic from its making on. Also what the curve over partitions is made of. */
export async function crowd({ pid, port }: BrokerProcess, topic: string, partitions: number): Promise<Values> {
  await diskQuiet();
  const began = performance.now();
  await createTopic(port, topic, Math.min(partitions, PER_CALL));
  for (let made = PER_CALL; made < partitions; made += PER_CALL) {
    await growTopic(port, topic, Math.min(partitions, made + PER_CALL));
  }
  await produceOneToEach(port, topic, partitions);
  const createMs = performance.now() - began;
  await diskQuiet();
  const cpuBefore = cpuSeconds(pid);
  const { records, seconds } = await toAll(port, topic, partitions);
  const cpuUsed = cpuSeconds(pid) - cpuBefore;
  await expectRecords(port, topic, partitions, partitions + records);
  const offset = (partitions + records) / partitions;
  return {
    createMs,
    recordsPerSecond: records / seconds,
    cpuPerMillion: (cpuUsed / records) * 1e6,
    idleCpuPercent: await idleSessions(pid, { port, topic, partitions, offset, sessions: SESSIONS }),
    metadataMs: await metadataMs(port, topic),
    residentMb: memory(pid).residentBytes / 1e6,
  };
}

async function toAll(port: number, topic: string, partitions: number): Promise<BatchLoadResult> {
  const perRequest = Math.min(PER_REQUEST, partitions);
  const shape = { batchBytes: BATCH_BYTES, recordBytes: RECORD_BYTES };
  const requests = Math.ceil(partitions / perRequest) * PASSES;
  const load = {
    ...shape,
    port,
    topic,
    partitions,
    perRequest,
    connections: CONNECTIONS,
    underWay: UNDER_WAY,
    requests,
  };
  return loadBatches(load);
}

/** What the sessions add to what the broker does by itself. */
async function idleSessions(pid: number, job: IdleSessions): Promise<number> {
  const without = await cpuPercent(pid);
  const beside = await besideNode('idle-sessions', [JSON.stringify(job)], () => cpuPercent(pid));
  return Math.max(0, beside - without);
}

async function cpuPercent(pid: number): Promise<number> {
  const cpuBefore = cpuSeconds(pid);
  await sleep(QUIET_MS);
  return ((cpuSeconds(pid) - cpuBefore) / (QUIET_MS / 1000)) * 100;
}

async function metadataMs(port: number, topic: string): Promise<number> {
  return withClient(port, async (client) => {
    const calls: number[] = [];
    while (calls.length < METADATA_CALLS) {
      const began = performance.now();
      await describe(client, [topic]);
      calls.push(performance.now() - began);
    }
    return median(calls);
  });
}
