import { E, type ErrorSpec } from '../../protocol/errors.ts';
import {
  BATCH_HEADER_BYTES,
  MAGIC_V2,
  baseSequence,
  batchSize,
  hasProducerId,
  isTransactional,
  magic,
  producerEpoch,
  producerId,
} from '../../records/batch.ts';
import {
  PendingProduce,
  type PartitionData,
  type ProduceRequest,
  type ProduceResponse,
  type TransactionVerdicts,
} from '../requests/pending-produce.ts';
import type { RequestContext } from '../requests/request-context.ts';
import type { BrokerServices } from '../services.ts';
import {
  supportOfProduce,
  verifyTransaction,
  type TransactionalWrite,
  type Verdict,
} from './transaction-verification.ts';

/** Low byte of a batch's attributes, and the bit in it that says transactional. */
const ATTRIBUTES_POSITION = 22;
const TRANSACTIONAL_BIT = 0x10;

/** Whether any batch says that it belongs to a transaction. */
export function carriesTransaction(request: ProduceRequest): boolean {
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      if (records !== null && ((records[ATTRIBUTES_POSITION] ?? 0) & TRANSACTIONAL_BIT) !== 0) return true;
    }
  }
  return false;
}

/** The batches of a request that belong to its transaction, and their producer. */
interface TransactionalBatches {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly writes: TransactionalWrite[];
  /** The data that each write came in. */
  readonly data: PartitionData[];
}

/**
 * Appends the batches of a transaction, after its coordinator was asked where they are the first in a partition (KIP-890).
 * While it is being asked the connection's later requests wait, as all of them do in Kafka: no batch overtakes
 * another. Returns why the whole request is refused, if it is; it is not answered then.
 */
export function produceInTransaction(
  request: ProduceRequest,
  context: RequestContext,
  broker: BrokerServices,
  reply: (response: ProduceResponse | undefined) => void,
): { readonly error: ErrorSpec; readonly message: string } | undefined {
  if (isOpenEverywhere(request, context, broker)) {
    appendAndWait(new PendingProduce(request, context, broker, reply), broker, ALL_OPEN);
    return undefined;
  }
  const nameOf = (topic: ProduceRequest['topicData'][number]): string | undefined =>
    context.apiVersion < 13 ? topic.name : broker.image().topicNamesById.get(topic.topicId);
  const found = batchesOf(request, nameOf, broker);
  if (found === 'several producers') {
    const message = 'Transactional records contained more than one producer ID';
    return { error: E.INVALID_PRODUCER_ID_MAPPING, message };
  }
  let kept = request;
  let keptData = found.data;
  let release: (() => void) | undefined;
  const appendAll = (verdicts: readonly Verdict[]): void => {
    const byData = new Map(keptData.map((data, index) => [data, verdicts[index]!]));
    const mustBeVerified = broker.config.get('transaction.partition.verification.enable');
    const pending = new PendingProduce(kept, context, broker, reply);
    try {
      appendAndWait(pending, broker, { mustBeVerified, get: (data) => byData.get(data) });
    } finally {
      release?.();
    }
  };
  const transaction = {
    transactionalId: request.transactionalId ?? '',
    producerId: found.producerId,
    producerEpoch: found.producerEpoch,
    support: supportOfProduce(context.apiVersion),
    writes: found.writes,
    isPatient: true,
  };
  if (verifyTransaction(transaction, broker, appendAll)) return undefined;
  release = context.peer.hold();
  // The frame is gone when the answer comes.
  const copies = new Map<PartitionData, PartitionData>();
  kept = copyOf(request, copies);
  keptData = found.data.map((data) => copies.get(data)!);
  return undefined;
}

/** Nothing has to be verified; a batch that needs it is refused, should there be one. */
const ALL_OPEN: TransactionVerdicts = { mustBeVerified: true, get: () => undefined };

function appendAndWait(pending: PendingProduce, broker: BrokerServices, verdicts: TransactionVerdicts): void {
  pending.appendAll(verdicts);
  broker.turn.enlistAnswer({ endOfTurn: () => pending.startTimeout() });
}

/** Whether every batch goes on with one transaction that is open in its partition: the rule, and the quick way. */
function isOpenEverywhere(request: ProduceRequest, { apiVersion }: RequestContext, broker: BrokerServices): boolean {
  let id = -1;
  let epoch = -1;
  for (const topic of request.topicData) {
    const name = apiVersion < 13 ? topic.name : broker.image().topicNamesById.get(topic.topicId);
    if (name === undefined) return false;
    for (const { index, records } of topic.partitionData) {
      const partition = broker.partitions.get(name, index);
      const view = transactionalBatch(records);
      if (partition === undefined || view === undefined) return false;
      if (id < 0) {
        id = producerId(view, 0);
        epoch = producerEpoch(view, 0);
      } else if (producerId(view, 0) !== id || producerEpoch(view, 0) !== epoch) {
        return false;
      }
      if (!partition.log.producerState.hasOpenTransaction(id, epoch)) return false;
    }
  }
  return true;
}

/** Those that can be read and whose topic exists: what is wrong with the others is said when they are appended. */
function batchesOf(
  request: ProduceRequest,
  nameOf: (topic: ProduceRequest['topicData'][number]) => string | undefined,
  broker: BrokerServices,
): TransactionalBatches | 'several producers' {
  const batches = {
    producerId: -1,
    producerEpoch: -1,
    writes: [] as TransactionalWrite[],
    data: [] as PartitionData[],
  };
  for (const topic of request.topicData) {
    const name = nameOf(topic);
    if (name === undefined) continue;
    for (const data of topic.partitionData) {
      const view = transactionalBatch(data.records);
      if (view === undefined || broker.image().partition(name, data.index) === undefined) continue;
      const producer = { producerId: producerId(view, 0), producerEpoch: producerEpoch(view, 0) };
      if (batches.writes.length === 0) Object.assign(batches, producer);
      else if (batches.producerId !== producer.producerId || batches.producerEpoch !== producer.producerEpoch) {
        return 'several producers';
      }
      batches.writes.push({ topic: name, partition: data.index, sequence: baseSequence(view, 0) });
      batches.data.push(data);
    }
  }
  return batches;
}

function transactionalBatch(records: Uint8Array | null): DataView | undefined {
  if (records === null || records.length < BATCH_HEADER_BYTES) return undefined;
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const isWhole = magic(view, 0) === MAGIC_V2 && batchSize(view, 0) <= records.length;
  return isWhole && isTransactional(view, 0) && hasProducerId(view, 0) ? view : undefined;
}

/** @param copies is told the copy of each partition's data. */
function copyOf(request: ProduceRequest, copies: Map<PartitionData, PartitionData>): ProduceRequest {
  const topicData = request.topicData.map((topic) => ({
    ...topic,
    partitionData: topic.partitionData.map((data) => {
      const copy = { ...data, records: data.records === null ? null : Buffer.from(data.records) };
      copies.set(data, copy);
      return copy;
    }),
  }));
  return { ...request, topicData };
}
