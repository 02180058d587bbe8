import type { BatchLoad, BatchLoadResult } from '../client/batch-load.ts';
import type { BatchRead, BatchReadResult } from '../client/batch-read.ts';
import type { ConnectionLoad, ConnectionLoadResult } from '../client/connection-load.ts';
import type { LatencyLoad } from '../client/latency-load.ts';
import type { Quantiles } from '../client/quantiles.ts';
import { runNode } from './node.ts';

/*
 * The programs of `bench/client/` that take a job as JSON and print their result so, each a process of its own that ends with its
 * job.
 */

export async function loadBatches(load: BatchLoad): Promise<BatchLoadResult> {
  return JSON.parse(await runNode('batch-load', [JSON.stringify(load)])) as BatchLoadResult;
}

export async function readBatches(read: BatchRead): Promise<BatchReadResult> {
  return JSON.parse(await runNode('batch-read', [JSON.stringify(read)])) as BatchReadResult;
}

export async function loadConnections(load: ConnectionLoad): Promise<ConnectionLoadResult> {
  return JSON.parse(await runNode('connection-load', [JSON.stringify(load)])) as ConnectionLoadResult;
}

export async function loadLatency(load: LatencyLoad): Promise<Quantiles> {
  return JSON.parse(await runNode('latency-load', [JSON.stringify(load)])) as Quantiles;
}
