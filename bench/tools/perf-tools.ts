import { runJava } from './java.ts';

export interface ProduceJob {
  readonly bootstrap: string;
  readonly topic: string;
  readonly records: number;
  /** Bytes of each value, or a file whose lines are the values. */
  readonly payload: { readonly bytes: number } | { readonly file: string };
  /** Producer settings beyond the defaults, `name=value`. */
  readonly settings: readonly string[];
  /** Given: no more records a second than this; else as fast as it can. */
  readonly perSecond?: number;
  /** Given: in transactions that end after so long. */
  readonly transactions?: { readonly transactionalId: string; readonly durationMs: number };
}

export interface ProduceOutcome {
  readonly recordsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** Kafka's own producer test. Throws when not every record was acknowledged. */
export async function producerPerformance(job: ProduceJob): Promise<ProduceOutcome> {
  const payload =
    'bytes' in job.payload ? ['--record-size', String(job.payload.bytes)] : ['--payload-file', job.payload.file];
  const said = await runJava('org.apache.kafka.tools.ProducerPerformance', [
    ...target(job),
    '--throughput',
    String(job.perSecond ?? -1),
    ...payload,
    ...transactionArguments(job),
    ...(job.settings.length === 0 ? [] : ['--command-property', ...job.settings]),
  ]);
  return parseProducerReport(said, job.records);
}

function transactionArguments({ transactions }: ProduceJob): string[] {
  if (transactions === undefined) return [];
  const { transactionalId, durationMs } = transactions;
  return ['--transactional-id', transactionalId, '--transaction-duration-ms', String(durationMs)];
}

/** Reads the last line that the producer test printed. */
export function parseProducerReport(said: string, records: number): ProduceOutcome {
  const line = said.trim().split('\n').at(-1) ?? '';
  const sent = /^(\d+) records sent, ([\d.]+) records\/sec .* (\d+) ms 50th, .* (\d+) ms 99th, (\d+) ms 99\.9th/.exec(
    line,
  );
  if (sent === null || Number(sent[1]) !== records)
    throw new Error(`of ${records} records: ${said.trim().slice(-500)}`);
  return { recordsPerSecond: Number(sent[2]), p50Ms: Number(sent[3]), p99Ms: Number(sent[4]), p999Ms: Number(sent[5]) };
}

export interface ConsumeOutcome {
  /** Of the time spent fetching, the wait for the group's assignment left out. */
  readonly recordsPerSecond: number;
}

/** Kafka's own consumer test, from the start of a topic. Throws when records are missing. It checks each batch's CRC. */
export async function consumerPerformance(bootstrap: string, topic: string, records: number): Promise<ConsumeOutcome> {
  const said = await runJava('org.apache.kafka.tools.ConsumerPerformance', [
    ...target({ bootstrap, topic, records }),
    '--timeout',
    '30000',
    '--hide-header',
  ]);
  return parseConsumerReport(said, records);
}

/** Columns: start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetched MB/s, fetched records/s. */
export function parseConsumerReport(said: string, records: number): ConsumeOutcome {
  const columns = (said.trim().split('\n').at(-1) ?? '').split(', ');
  if (Number(columns[4]) !== records) throw new Error(`of ${records} records: ${said.trim().slice(-500)}`);
  return { recordsPerSecond: Number(columns[9]) };
}

function target(job: { readonly bootstrap: string; readonly topic: string; readonly records: number }): string[] {
  return ['--bootstrap-server', job.bootstrap, '--topic', job.topic, '--num-records', String(job.records)];
}
