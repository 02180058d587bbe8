import type { KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { events } from '../observe/events.ts';
import { countersFor, PRODUCER_METRICS, type Counters } from '../observe/metric-tables.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { SentBatch } from './produce-request.ts';
import type { ProducerBatch } from './producer-batch.ts';

/** Counts what becomes of batches, and tells it to whoever listens. */
export class ProducerWatch {
  readonly counters: Counters<typeof PRODUCER_METRICS> = countersFor(PRODUCER_METRICS);
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A request goes out. Comes after the batches were sealed. */
  sent(nodeId: number, batches: readonly SentBatch[]): void {
    for (const { batch } of batches) {
      this.counters.batchesSent++;
      this.counters.batchBytesSent += batch.sealedBytes;
      if (!events.send.isHeard) continue;
      const { topic, partition, count: records, attempts: attempt } = batch;
      const { clientId } = this.#cluster.settings;
      events.send.publish({ clientId, topic, partition, nodeId, records, attempt });
    }
  }

  /** A batch was acknowledged. */
  written(batch: ProducerBatch, offset: number): void {
    const durationMs = this.#cluster.runtime.clock.monotonicMs() - batch.createdMs;
    const { counters } = this;
    counters.batchesWritten++;
    counters.recordsWritten += batch.count;
    counters.writeTimeMsTotal += durationMs;
    if (durationMs > counters.writeTimeMsMax) counters.writeTimeMsMax = durationMs;
    if (!events.ack.isHeard) return;
    const { topic, partition, count: records } = batch;
    events.ack.publish({ clientId: this.#cluster.settings.clientId, topic, partition, offset, records, durationMs });
  }

  split(): void {
    this.counters.batchesSplit++;
  }

  /** A batch will be sent again. */
  retried(batch: ProducerBatch, waitMs: number, error: KafkaError): void {
    this.counters.batchesRetried++;
    if (!events.retry.isHeard) return;
    const { clientId } = this.#cluster.settings;
    const about = `records for partition ${batch.partition} of ${batch.topic}`;
    events.retry.publish({ clientId, about, attempt: batch.attempts, waitMs, error });
  }

  /** A batch failed for good; not called for one whose records were told before. */
  failed({ topic, partition }: PartitionQueue, batch: ProducerBatch, error: KafkaError): void {
    this.counters.recordsFailed += batch.count;
    if (!events.error.isHeard) return;
    const about = `records for partition ${partition} of ${topic}`;
    events.error.publish({ clientId: this.#cluster.settings.clientId, about, error });
  }
}
