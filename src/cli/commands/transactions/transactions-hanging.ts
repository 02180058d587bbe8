import type { Admin } from '../../../client/admin/admin.ts';
import type { ProducerState } from '../../../client/admin/producers.ts';
import { partitionValuesOf, valuesOf } from '../../../client/admin/results.ts';
import type { TransactionDescription } from '../../../client/admin/transactions.ts';
import { KafkaError } from '../../../client/client-error.ts';
import type { ArgumentCall } from '../../tools/argument-parser.ts';
import { tableText } from '../../tools/table-text.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { orFail } from './transactions-failure.ts';

const MINUTE_MS = 60_000;
/** Topics and partitions asked for at once. */
const BATCH_MAX = 500;

interface Place {
  readonly topic: string;
  readonly partition: number;
}

interface OpenTransaction extends Place {
  readonly producer: ProducerState;
}

/** Tells transactions that have been open for long and that their coordinator does not know of. */
export async function findHanging(admin: Admin, call: ArgumentCall, world: ToolWorld): Promise<void> {
  const topic = call.value('topic');
  const partition = call.number('partition');
  const brokerId = call.number('broker-id');
  if (topic === undefined && brokerId === undefined) {
    throw new ToolFailure(
      'The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search',
    );
  }
  if (partition !== undefined && topic === undefined) {
    throw new ToolFailure('The --partition argument requires --topic to be provided');
  }
  const nowMs = world.runtime.clock.nowMs();
  const olderThanMs = nowMs - (call.number('max-transaction-timeout') ?? 0) * MINUTE_MS;
  const places =
    topic !== undefined && partition !== undefined ? [{ topic, partition }] : await placesOf(admin, topic, brokerId);
  const open: OpenTransaction[] = [];
  for (const batch of batchesOf(places)) open.push(...(await openSince(admin, batch, { brokerId, olderThanMs })));
  const hanging = open.length === 0 ? [] : await withoutOwner(admin, open);
  const rows = hanging.map(({ topic: name, partition: index, producer }) => [
    name,
    String(index),
    String(producer.producerId),
    String(producer.producerEpoch),
    String(producer.coordinatorEpoch),
    String(producer.transactionStartOffset),
    String(producer.lastTimestamp),
    String(Math.floor((nowMs - producer.lastTimestamp) / MINUTE_MS)),
  ]);
  const headers = [
    'Topic',
    'Partition',
    'ProducerId',
    'ProducerEpoch',
    'CoordinatorEpoch',
    'StartOffset',
    'LastTimestamp',
    'Duration(min)',
  ];
  world.out(tableText(headers, rows, '\t'));
}

async function placesOf(admin: Admin, topic: string | undefined, brokerId: number | undefined): Promise<Place[]> {
  const names =
    topic === undefined ? [...(await orFail('Failed to list topics', () => admin.listTopics())).keys()] : [topic];
  const places: Place[] = [];
  for (const batch of batchesOf(names)) {
    const about = `Failed to describe ${batch.length} topics`;
    const topics = await orFail(about, async () => valuesOf(await admin.describeTopics(batch)));
    for (const { name, partitions } of topics.values()) {
      const held = partitions.filter(({ replicas }) => brokerId === undefined || replicas.includes(brokerId));
      places.push(...held.map(({ partition }) => ({ topic: name, partition })));
    }
  }
  return places;
}

async function openSince(
  admin: Admin,
  places: readonly Place[],
  { brokerId, olderThanMs }: { readonly brokerId: number | undefined; readonly olderThanMs: number },
): Promise<OpenTransaction[]> {
  const on = brokerId === undefined ? 'Optional.empty' : `Optional[${brokerId}]`;
  const about = `Failed to describe producers for ${places.length} partitions on broker ${on}`;
  const found = await orFail(about, async () =>
    partitionValuesOf(await admin.describeProducers(places, brokerId === undefined ? {} : { brokerId })),
  );
  return [...found].flatMap(([topic, partitions]) =>
    [...partitions].flatMap(([partition, producers]) =>
      producers
        .filter(
          ({ transactionStartOffset, lastTimestamp }) => transactionStartOffset >= 0 && lastTimestamp < olderThanMs,
        )
        .map((producer) => ({ topic, partition, producer })),
    ),
  );
}

/** Those that no coordinator counts among the partitions of a transaction. */
async function withoutOwner(admin: Admin, open: readonly OpenTransaction[]): Promise<OpenTransaction[]> {
  const producerIds = [...new Set(open.map(({ producer }) => producer.producerId))];
  const about = `Failed to list transactions for ${producerIds.length} producers`;
  const listings = await orFail(about, () => admin.listTransactions({ producerIds }));
  const idOf = new Map(listings.map(({ producerId, transactionalId }) => [producerId, transactionalId]));
  const ids = [...idOf.values()];
  const described = await orFail(`Failed to describe ${ids.length} transactions`, async () => {
    const outcomes = ids.length === 0 ? new Map() : await admin.describeTransactions(ids);
    const known = new Map<string, TransactionDescription>();
    for (const [id, outcome] of outcomes) {
      if (!(outcome instanceof KafkaError)) known.set(id, outcome);
      else if (outcome.code !== 'TRANSACTIONAL_ID_NOT_FOUND') throw outcome;
    }
    return known;
  });
  return open.filter(({ topic, partition, producer }) => {
    const owner = described.get(idOf.get(producer.producerId) ?? '');
    return owner?.partitions.some((place) => place.topic === topic && place.partition === partition) !== true;
  });
}

function batchesOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / BATCH_MAX);
  return Array.from({ length: count }, (_, index) => items.slice(index * BATCH_MAX, (index + 1) * BATCH_MAX));
}
