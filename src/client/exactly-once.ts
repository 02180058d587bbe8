import { asKafkaError, type KafkaError } from './client-error.ts';
import type { ConsumerBatch } from './consumer/consumer-batch.ts';
import type { ConsumerOptions } from './consumer/consumer-options.ts';
import type { Consumer } from './consumer/consumer.ts';
import type { SubscribedTo } from './consumer/subscription.ts';
import type { ProducerOptions } from './producer/producer-options.ts';
import type { Producer } from './producer/producer.ts';

/** What is read and by whom; how records are read and written. Isolation, commits and idempotence are not to be chosen. */
export interface ExactlyOnceOptions<KI, VI, KO, VO> {
  readonly topics: SubscribedTo;
  readonly groupId: string;
  /** One for each running instance, the same after its restart: so a zombie of it is fenced. */
  readonly transactionalId: string;
  readonly consumer?: Omit<ConsumerOptions<KI, VI>, 'groupId' | 'isolation' | 'commitMode' | 'signal'>;
  readonly producer?: Omit<ProducerOptions<KO, VO>, 'transactionalId' | 'idempotence' | 'acks'>;
  /** Ends it after the transaction under way. */
  readonly signal?: AbortSignal;
}

/** Reads a batch, writes its results with the producer; need not await what it sends. May run again for the same records. */
export type ExactlyOnceHandler<KI, VI, KO, VO> = (
  batch: ConsumerBatch<KI, VI>,
  producer: Pick<Producer<KO, VO>, 'send'>,
) => Promise<void> | void;

/** The group or the connection changed under the transaction: it was aborted, and whoever owns the partition now reads the batch again. */
const REPEATED: ReadonlySet<string> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
  'REBALANCE_IN_PROGRESS',
  'TRANSACTION_ABORTABLE',
]);

/**
 * Read, process, write, commit in one transaction for each batch (KIP-98, KIP-447): results and offsets become visible together
 * or not at all. Resolves when stopped; rejects with what the handler threw, or with FencedError when another instance has the same
 * transactional id. Closes both.
 */
export async function exactlyOnce<KI, VI, KO, VO>(
  consumer: Consumer<KI, VI>,
  producer: Producer<KO, VO>,
  topics: SubscribedTo,
  handler: ExactlyOnceHandler<KI, VI, KO, VO>,
): Promise<void> {
  try {
    // First, because a predecessor may have died with its transaction open: its offsets cannot be read until that is aborted.
    await producer.initTransactions().catch(passOverRetriable);
    await consumer.subscribe(topics);
    for await (const batch of consumer.batches()) {
      const error = await attempt(consumer, producer, batch, handler);
      if (error !== undefined) goBack(consumer, batch);
    }
  } finally {
    await Promise.all([consumer.close(), producer.close({ timeoutMs: 0 })]);
  }
}

/** Whatever may succeed later is tried again with the first transaction. */
function passOverRetriable(thrown: unknown): void {
  const error = asKafkaError(thrown, 'transaction');
  if (!error.retriable) throw error;
}

/** What failed in a way that lets the batch be tried again; rejects with anything else. */
async function attempt<KI, VI, KO, VO>(
  consumer: Consumer<KI, VI>,
  producer: Producer<KO, VO>,
  batch: ConsumerBatch<KI, VI>,
  handler: ExactlyOnceHandler<KI, VI, KO, VO>,
): Promise<KafkaError | undefined> {
  let hasHandlerFailed = false;
  try {
    await producer.transaction(async () => {
      try {
        await handler(batch, producer);
      } catch (error) {
        hasHandlerFailed = true;
        throw error;
      }
      const { topic, partition, nextOffset: offset, leaderEpoch } = batch;
      await producer.sendOffsets([{ topic, partition, offset, leaderEpoch }], consumer.groupMetadata);
    });
    return undefined;
  } catch (thrown) {
    if (hasHandlerFailed) throw thrown;
    const error = asKafkaError(thrown, 'transaction');
    if (error.retriable || REPEATED.has(error.code)) return error;
    throw error;
  }
}

function goBack<K, V>(consumer: Consumer<K, V>, batch: ConsumerBatch<K, V>): void {
  const { topic, partition, firstOffset } = batch;
  const isOurs = consumer.assignment.some((item) => item.topic === topic && item.partition === partition);
  if (isOurs) consumer.seek({ topic, partition }, firstOffset);
}
