/** How much each workload does; the same for both sides. */
export interface Scale {
  readonly name: 'full' | 'quick' | 'tiny';
  readonly records1k: number;
  readonly records100: number;
  readonly recordsCompressed: number;
  readonly consumed1k: number;
  readonly consumed100: number;
  readonly latencySeconds: number;
  readonly latencyWarmupSeconds: number;
  readonly commits: number;
  readonly restartMb: number;
  /** Replayed batches of a turn. */
  readonly replayedMb: number;
  /** What a reader that has fallen behind has before it. */
  readonly backlogMb: number;
  /** What a broker takes while its peak is looked for. */
  readonly peakMb: number;
  readonly flushedOne: number;
  readonly flushedMany: number;
  readonly memorySeconds: number;
  readonly topics: number;
  readonly compactedRecords: number;
  readonly compactedKeys: number;
  readonly leaderPartitions: number;
  readonly clusterPartitions: number;
  readonly clientRecords100: number;
  readonly clientRecords1k: number;
  readonly clientRecordsOne: number;
}

/** Records of 1 KiB that make a GiB. */
export const GIB_OF_1K_RECORDS = 1 << 20;

export const scales: Readonly<Record<Scale['name'], Scale>> = {
  full: {
    name: 'full',
    records1k: 1_500_000,
    records100: 6_000_000,
    recordsCompressed: 1_000_000,
    consumed1k: 3_000_000,
    consumed100: 12_000_000,
    latencySeconds: 30,
    latencyWarmupSeconds: 10,
    commits: 400_000,
    restartMb: 10_737,
    replayedMb: 4000,
    backlogMb: 10_000,
    peakMb: 1000,
    flushedOne: 5000,
    flushedMany: 60_000,
    memorySeconds: 200,
    topics: 1000,
    compactedRecords: 2 * GIB_OF_1K_RECORDS,
    compactedKeys: 1_000_000,
    leaderPartitions: 1000,
    clusterPartitions: 10_000,
    clientRecords100: 2_000_000,
    clientRecords1k: 500_000,
    clientRecordsOne: 100_000,
  },
  quick: {
    name: 'quick',
    records1k: 150_000,
    records100: 600_000,
    recordsCompressed: 100_000,
    consumed1k: 600_000,
    consumed100: 2_500_000,
    latencySeconds: 4,
    latencyWarmupSeconds: 2,
    commits: 60_000,
    restartMb: 1074,
    replayedMb: 1000,
    backlogMb: 1500,
    peakMb: 400,
    flushedOne: 1000,
    flushedMany: 10_000,
    memorySeconds: 6,
    topics: 1000,
    compactedRecords: GIB_OF_1K_RECORDS / 2,
    compactedKeys: 100_000,
    leaderPartitions: 1000,
    clusterPartitions: 3000,
    clientRecords100: 600_000,
    clientRecords1k: 200_000,
    clientRecordsOne: 40_000,
  },
  /** Only for trying the bench itself: its numbers mean nothing. */
  tiny: {
    name: 'tiny',
    records1k: 20_000,
    records100: 50_000,
    recordsCompressed: 10_000,
    consumed1k: 20_000,
    consumed100: 50_000,
    latencySeconds: 2,
    latencyWarmupSeconds: 1,
    commits: 4_000,
    restartMb: 20,
    replayedMb: 30,
    backlogMb: 30,
    peakMb: 20,
    flushedOne: 50,
    flushedMany: 500,
    memorySeconds: 2,
    topics: 20,
    compactedRecords: 300_000,
    compactedKeys: 10_000,
    leaderPartitions: 50,
    clusterPartitions: 200,
    clientRecords100: 40_000,
    clientRecords1k: 10_000,
    clientRecordsOne: 2_000,
  },
};
