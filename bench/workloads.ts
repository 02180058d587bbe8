import type { Workload } from './workload.ts';
import { clusterStart } from './workloads/cluster-start.ts';
import { commits } from './workloads/commits.ts';
import { clusterHandover } from './workloads/cluster-handover.ts';
import { clusterKill } from './workloads/cluster-kill.ts';
import { clusterPartitions } from './workloads/cluster-partitions.ts';
import { clusterProduce } from './workloads/cluster-produce.ts';
import { compaction } from './workloads/compaction.ts';
import { consumeWorkloads } from './workloads/consume.ts';
import { groupWorkloads } from './workloads/groups.ts';
import { latencyWorkloads } from './workloads/latency.ts';
import { memory } from './workloads/memory.ts';
import { produceWorkloads } from './workloads/produce.ts';
import { restart } from './workloads/restart.ts';
import { start } from './workloads/start.ts';
import { transactionWorkloads } from './workloads/transactions.ts';
import { topics } from './workloads/topics.ts';

/** All workloads in the order they run and are reported. */
export const workloads: readonly Workload[] = [
  start,
  ...produceWorkloads,
  memory,
  ...consumeWorkloads,
  ...latencyWorkloads,
  commits,
  restart,
  topics,
  compaction,
  ...transactionWorkloads,
  ...groupWorkloads,
  clusterStart,
  clusterProduce,
  clusterKill,
  clusterHandover,
  clusterPartitions,
];
