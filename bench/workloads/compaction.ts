import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { incrementalAlterConfigs } from '../../src/protocol/messages/044-incremental-alter-configs.ts';
import { BatchBuilder } from '../../src/records/batch-builder.ts';
import { firstAnswer } from '../client/first-answer.ts';
import type { LatencyLoad } from '../client/latency-load.ts';
import type { Quantiles } from '../client/quantiles.ts';
import { withClient } from '../client/raw-client.ts';
import { createTopic, leaders } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { cpuSeconds } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess, SideName } from '../sides/side.ts';
import type { Scale } from '../scale.ts';
import { loadLatency } from '../tools/loads.ts';
import type { BenchContext, Values, Workload } from '../workload.ts';
import { newHome, sideOf } from './brokers.ts';

const TOPIC = 'compacted';
const LATENCY = 'beside';
const RECORDS_PER_BATCH = 64;
const VALUE_BYTES = 1000;
const SEGMENT_BYTES = 256 * 1024 * 1024;
const REQUEST_MS = 60_000;
const POLL_MS = 20;
const CLEANED_MS = 300_000;
const RECORDS_PER_SECOND = 1000;
const RECORD_BYTES = 100;
/** Rest of a cleaner with nothing to do: part of the time measured, so as short as can be. */
const settings = { 'log.cleaner.backoff.ms': '20', 'log.retention.check.interval.ms': '300000' };

/** How long a compacted log takes to clean, and what producers notice of it. */
export const compaction: Workload = {
  name: 'compaction',
  title: 'Cleaning a compacted log',
  method:
    'Records of 1 KiB with a million keys in turn, 2 GiB of them (quick: 100,000, half a GiB), lie in one partition of a topic that deletes, in segments of 256 MiB. Its policy is ' +
    'then changed to compact, and the time counts until the cleaner has written down that all closed segments are clean. Beside ' +
    `it a producer and a consumer of another topic work at ${RECORDS_PER_SECOND} records/s, before and during the cleaning; their ` +
    'times are those of the latency workload.',
  metrics: [
    {
      key: 'cleanedMs',
      title: 'until clean',
      unit: 'ms',
      better: 'less',
      goals: [{ of: 'ratio', bound: 'at most', limit: 1 }],
    },
    { key: 'cpuSeconds', title: 'broker CPU meanwhile', unit: 's', better: 'less' },
    { key: 'quietP99Us', title: 'p99 before', unit: 'µs', better: 'less' },
    { key: 'quietP999Us', title: 'p99.9 before', unit: 'µs', better: 'less' },
    { key: 'p99Us', title: 'p99 while cleaning', unit: 'µs', better: 'less' },
    { key: 'p999Us', title: 'p99.9 while cleaning', unit: 'µs', better: 'less' },
    {
      key: 'p99Growth',
      title: 'p99 while cleaning through p99 before',
      unit: '',
      better: 'less',
      goals: [{ of: 'median', bound: 'at most', limit: 2 }],
    },
  ],
  open: async (context) => ({
    measure: (name) => measure(context, name),
    close: () => Promise.resolve(),
  }),
};

async function measure(context: BenchContext, name: SideName): Promise<Values> {
  const side = sideOf(context, name);
  const home = await newHome(context, name);
  await side.prepare(home);
  const broker = await side.launch(home, settings);
  try {
    await firstAnswer(broker);
    const { compactedRecords, compactedKeys } = context.scale;
    const endOffset = await fill(broker.port, compactedRecords, compactedKeys);
    await latency(broker, context.scale, 'warm');
    await diskQuiet();
    const quiet = await latency(broker, context.scale, 'quiet');
    const beside = latency(broker, context.scale, 'busy');
    // Past the seconds that are not measured.
    await sleep(context.scale.latencyWarmupSeconds * 1000);
    const cpuBefore = cpuSeconds(broker.pid);
    const started = performance.now();
    await compactNow(broker.port);
    await untilClean(join(home, 'data', 'cleaner-offset-checkpoint'), endOffset);
    const cleanedMs = performance.now() - started;
    const used = cpuSeconds(broker.pid) - cpuBefore;
    const busy = await beside;
    return {
      cleanedMs,
      cpuSeconds: used,
      quietP99Us: quiet.p99Us,
      quietP999Us: quiet.p999Us,
      p99Us: busy.p99Us,
      p999Us: busy.p999Us,
      p99Growth: busy.p99Us / quiet.p99Us,
    };
  } finally {
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Fills the topic; the offset up to which closed segments reach at least. */
async function fill(port: number, records: number, keys: number): Promise<number> {
  return withClient(port, async (client) => {
    const configs = [
      { name: 'segment.bytes', value: String(SEGMENT_BYTES) },
      { name: 'min.cleanable.dirty.ratio', value: '0.01' },
      { name: 'retention.ms', value: '-1' },
    ];
    const topic = { name: TOPIC, numPartitions: 1, replicationFactor: 1, assignments: [], configs };
    await client.request(createTopics, 4, { topics: [topic], timeoutMs: REQUEST_MS });
    while ((await leaders(client, [TOPIC])) < 1) await sleep(POLL_MS);
    const value = Buffer.alloc(VALUE_BYTES, 'v');
    const batchBytes = RECORDS_PER_BATCH * (VALUE_BYTES + 24);
    for (let from = 0; from < records; from += RECORDS_PER_BATCH) {
      const builder = new BatchBuilder({}, batchBytes);
      for (let index = from; index < from + RECORDS_PER_BATCH; index++) {
        builder.append({ key: Buffer.from(`key-${index % keys}`), value, timestamp: Date.now() });
      }
      const partitionData = [{ index: 0, records: builder.finish() }];
      const topicData = [{ name: TOPIC, topicId: ZERO_UUID, partitionData }];
      const answer = await client.request(produce, 7, {
        transactionalId: null,
        acks: 1,
        timeoutMs: REQUEST_MS,
        topicData,
      });
      const error = answer.responses[0]?.partitionResponses[0]?.errorCode;
      if (error !== 0) throw new Error(`filling ${TOPIC}: error ${error}`);
    }
    return Math.max(1, records - Math.ceil(SEGMENT_BYTES / VALUE_BYTES));
  });
}

async function compactNow(port: number): Promise<void> {
  await withClient(port, async (client) => {
    const configs = [{ name: 'cleanup.policy', configOperation: 0, value: 'compact' }];
    const resources = [{ resourceType: 2, resourceName: TOPIC, configs }];
    const answer = await client.request(incrementalAlterConfigs, 1, { resources, validateOnly: false });
    const error = answer.responses[0]?.errorCode;
    if (error !== 0) throw new Error(`compacting ${TOPIC}: error ${error}`);
  });
}

/** Waits until the checkpoint of the cleaner names the topic with at least this offset. */
async function untilClean(file: string, endOffset: number): Promise<void> {
  const line = new RegExp(`^${TOPIC} 0 (\\d+)$`, 'm');
  for (const deadline = performance.now() + CLEANED_MS; ; await sleep(POLL_MS)) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (Number(line.exec(text)?.[1] ?? 0) >= endOffset) return;
    if (performance.now() > deadline) throw new Error(`not clean after ${CLEANED_MS} ms: ${text}`);
  }
}

/** Times from produce to consume. */
async function latency({ port }: BrokerProcess, scale: Scale, round: string): Promise<Quantiles> {
  const topic = `${LATENCY}-${round}`;
  await createTopic(port, topic, 1);
  const { latencySeconds: seconds, latencyWarmupSeconds: warmUpSeconds } = scale;
  const pace = { perSecond: RECORDS_PER_SECOND, seconds, warmUpSeconds };
  const load: LatencyLoad = { port, topic, ...pace, recordsPerBatch: 1, recordBytes: RECORD_BYTES };
  return loadLatency(load);
}
