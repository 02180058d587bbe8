/** A metric of a client: what it counts in, and what it says. */
export interface MetricSpec {
  readonly unit: string;
  readonly text: string;
}

export type MetricTable = Readonly<Record<string, MetricSpec>>;

/** Every client has these. What is counted only grows, so two snapshots give a rate; gauges say so. */
export const NETWORK_METRICS = {
  connectionsOpen: { unit: 'connections', text: 'Open now (a gauge).' },
  connectionsOpened: { unit: 'connections', text: 'Made, logins included.' },
  connectionsFailed: { unit: 'connections', text: 'That could not be made.' },
  requestsInFlight: { unit: 'requests', text: 'Sent and not answered yet (a gauge).' },
  requestsSent: { unit: 'requests', text: 'Sent to brokers, those without an answer included.' },
  responsesReceived: { unit: 'responses', text: 'Answers that came.' },
  bytesSent: { unit: 'bytes', text: 'Of requests, headers included.' },
  bytesReceived: { unit: 'bytes', text: 'Of answers, headers included.' },
  responseTimeMsTotal: { unit: 'ms', text: 'From request to answer, summed; over responsesReceived it is the mean.' },
  responseTimeMsMax: { unit: 'ms', text: 'The longest time from request to answer.' },
  metadataRefreshes: { unit: 'answers', text: 'Metadata answers that were taken over.' },
  topicsKnown: { unit: 'topics', text: 'Whose metadata is kept (a gauge).' },
  retries: { unit: 'attempts', text: 'Calls that were tried again; batches count as batchesRetried.' },
} as const satisfies MetricTable;

/** Of a producer. */
export const PRODUCER_METRICS = {
  recordsWritten: { unit: 'records', text: 'Acknowledged as `acks` asks for.' },
  recordsFailed: { unit: 'records', text: 'Whose promise was rejected after they were in a batch.' },
  batchesSent: { unit: 'batches', text: 'Sent, repetitions included.' },
  batchBytesSent: { unit: 'bytes', text: 'Of batches sent, after compression.' },
  batchesWritten: { unit: 'batches', text: 'Acknowledged.' },
  batchesRetried: { unit: 'batches', text: 'Put back to be sent again.' },
  batchesSplit: { unit: 'batches', text: 'That a broker found too large and that were halved.' },
  writeTimeMsTotal: {
    unit: 'ms',
    text: "From a batch's first record to its acknowledgement, summed over batchesWritten.",
  },
  writeTimeMsMax: { unit: 'ms', text: "The longest time from a batch's first record to its acknowledgement." },
  bufferBytesUsed: { unit: 'bytes', text: 'Of records in batches (a gauge).' },
  bufferBytesMax: { unit: 'bytes', text: 'The limit `bufferBytes` (a gauge).' },
  recordsWaiting: { unit: 'records', text: 'In line for room or metadata (a gauge).' },
} as const satisfies MetricTable;

/** Of a consumer. */
export const CONSUMER_METRICS = {
  recordsFetched: { unit: 'records', text: 'In batches that were fetched for the reader.' },
  bytesFetched: { unit: 'bytes', text: 'Of batches that were fetched.' },
  fetches: { unit: 'fetches', text: 'Answered fetches, empty ones included.' },
  fetchTimeMsTotal: { unit: 'ms', text: 'From fetch to answer, waiting at the broker included, summed over fetches.' },
  fetchTimeMsMax: { unit: 'ms', text: 'The longest time from fetch to answer.' },
  commits: { unit: 'commits', text: 'That the coordinator took.' },
  commitsFailed: { unit: 'commits', text: 'That failed for good.' },
  commitTimeMsTotal: { unit: 'ms', text: 'From commit to answer, summed over commits.' },
  rebalances: { unit: 'rebalances', text: 'Changes of what is assigned: given, taken back or lost.' },
  positionsLost: { unit: 'positions', text: 'That were outside the log, or truncated away.' },
  partitionsAssigned: { unit: 'partitions', text: 'Assigned now (a gauge).' },
  bytesQueued: { unit: 'bytes', text: 'Fetched and not handed out yet (a gauge).' },
  lagTotal: { unit: 'records', text: 'Behind the ends of all assigned partitions, as of the last fetches (a gauge).' },
  lagMax: { unit: 'records', text: 'Behind the end of the partition that is furthest behind (a gauge).' },
} as const satisfies MetricTable;

/** Of an admin. */
export const ADMIN_METRICS = {
  calls: { unit: 'calls', text: 'Questions that were answered or failed, their repetitions counted as retries.' },
  callsFailed: { unit: 'calls', text: 'Questions that failed.' },
} as const satisfies MetricTable;

/** Numbers that count up, by the names of a table. */
export type Counters<Table extends MetricTable> = Record<keyof Table, number>;

/** What a client's `metrics()` gives: a copy that stays as it is. */
export type MetricsSnapshot<Table extends MetricTable> = Readonly<Counters<Table>> & {
  /** Milliseconds since 1970: when the numbers were taken. */
  readonly timestampMs: number;
};

export type NetworkCounters = Counters<typeof NETWORK_METRICS>;
export type ProducerMetrics = MetricsSnapshot<typeof NETWORK_METRICS & typeof PRODUCER_METRICS>;
export type ConsumerMetrics = MetricsSnapshot<typeof NETWORK_METRICS & typeof CONSUMER_METRICS>;
export type AdminMetrics = MetricsSnapshot<typeof NETWORK_METRICS & typeof ADMIN_METRICS>;

/** All zero. */
export function countersFor<Table extends MetricTable>(table: Table): Counters<Table> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, 0])) as Counters<Table>;
}
