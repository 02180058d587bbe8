import type { Workload } from './workload.ts';
import { clusterStart } from './workloads/cluster-start.ts';
import { commits } from './workloads/commits.ts';
import { clusterHandover } from './workloads/cluster-handover.ts';
import { clusterKill } from './workloads/cluster-kill.ts';
import { clusterPartitions } from './workloads/cluster-partitions.ts';
import { clusterProduce } from './workloads/cluster-produce.ts';
import { compaction } from './workloads/compaction.ts';
import { catchUpWorkloads } from './workloads/catch-up.ts';
import { connectionWorkloads } from './workloads/connections.ts';
import { consumeWorkloads } from './workloads/consume.ts';
import { flushWorkloads } from './workloads/flush.ts';
import { groupWorkloads } from './workloads/groups.ts';
import { halfLoadWorkloads } from './workloads/latency-half.ts';
import { latencyWorkloads } from './workloads/latency.ts';
import { memory } from './workloads/memory.ts';
import { partitionWorkloads } from './workloads/partitions.ts';
import { produceWorkloads } from './workloads/produce.ts';
import { replayWorkloads } from './workloads/replay.ts';
import { restart } from './workloads/restart.ts';
import { start } from './workloads/start.ts';
import { transactionWorkloads } from './workloads/transactions.ts';
import { topics } from './workloads/topics.ts';

/** All workloads in the order they run and are reported. */
export const workloads: readonly Workload[] = [
  start,
  ...produceWorkloads,
  ...replayWorkloads,
  memory,
  ...consumeWorkloads,
  ...catchUpWorkloads,
  ...latencyWorkloads,
  ...halfLoadWorkloads,
  ...flushWorkloads,
  ...connectionWorkloads,
  commits,
  restart,
  topics,
  ...partitionWorkloads,
  compaction,
  ...transactionWorkloads,
  ...groupWorkloads,
  clusterStart,
  clusterProduce,
  clusterKill,
  clusterHandover,
  clusterPartitions,
];
