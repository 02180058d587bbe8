import type { Workload } from './workload.ts';
import { consumeWorkloads } from './workloads/consume.ts';
import { latency } from './workloads/latency.ts';
import { produceWorkloads } from './workloads/produce.ts';
import { restart } from './workloads/restart.ts';
import { start } from './workloads/start.ts';
import { topics } from './workloads/topics.ts';

/** All workloads in the order they run and are reported. */
export const workloads: readonly Workload[] = [
  start,
  ...produceWorkloads,
  ...consumeWorkloads,
  latency,
  restart,
  topics,
];
