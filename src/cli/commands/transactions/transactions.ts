import type { Admin } from '../../../client/admin/admin.ts';
import type { HangingTransaction, ProducerState } from '../../../client/admin/producers.ts';
import { KafkaError } from '../../../client/client-error.ts';
import { parseArguments, type ArgumentCall } from '../../tools/argument-parser.ts';
import { toolAdmin } from '../../tools/connect.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { tableText } from '../../tools/table-text.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { KAFKA_BUILD } from '../../tools/usage.ts';
import { orFail, transactionsFailure } from './transactions-failure.ts';
import { findHanging } from './transactions-hanging.ts';
import { transactionsGrammar } from './transactions-grammar.ts';

const NONE = 'None';

/** `kafka-transactions`: tells of transactions and ends those that hang (TransactionsCommand). */
export const transactionsTool: Tool = {
  name: 'kafka-transactions',
  async run(args, world) {
    const parsed = parseArguments(transactionsGrammar, args);
    if (parsed.kind === 'help') {
      world.out(parsed.text);
      return 1;
    }
    if (parsed.kind === 'version') {
      world.out(KAFKA_BUILD);
      return 0;
    }
    const { call } = parsed;
    const settings = settingsOf(call, world);
    const admin = toolAdmin(world, call.value('bootstrap-server') ?? '', settings);
    try {
      await act(admin, call, world);
      return 0;
    } finally {
      admin.close();
    }
  },
};

function settingsOf(call: ArgumentCall, world: ToolWorld): ReadonlyMap<string, string> {
  try {
    return propertiesFile(call.value('command-config'), world);
  } catch (error) {
    throw transactionsFailure('Failed to load admin client properties', error);
  }
}

async function act(admin: Admin, call: ArgumentCall, world: ToolWorld): Promise<void> {
  switch (call.subcommand) {
    case 'list':
      return list(admin, call, world);
    case 'describe':
      return describe(admin, call.value('transactional-id') ?? '', world);
    case 'describe-producers':
      return describeProducers(admin, call, world);
    case 'abort':
      return abort(admin, call);
    case 'find-hanging':
      return findHanging(admin, call, world);
    default:
      return terminate(admin, call.value('transactionalId') ?? '');
  }
}

async function list(admin: Admin, call: ArgumentCall, world: ToolWorld): Promise<void> {
  const longerThanMs = call.number('duration-filter') ?? -1;
  const pattern = call.value('transactional-id-pattern');
  const listings = await orFail('Failed to list transactions', () =>
    admin.listTransactions({
      ...(longerThanMs < 0 ? {} : { longerThanMs }),
      ...(pattern === undefined ? {} : { pattern }),
    }),
  );
  const rows = listings.map(({ transactionalId, coordinatorId, producerId, state }) => [
    transactionalId,
    String(coordinatorId),
    String(producerId),
    state,
  ]);
  world.out(tableText(['TransactionalId', 'Coordinator', 'ProducerId', 'TransactionState'], rows, '\t'));
}

async function describe(admin: Admin, transactionalId: string, world: ToolWorld): Promise<void> {
  const about = `Failed to describe transaction state of transactional-id \`${transactionalId}\``;
  const found = await orFail(about, async () =>
    (await admin.describeTransactions([transactionalId])).get(transactionalId),
  );
  if (found === undefined || found instanceof KafkaError) {
    const isUnknown = found === undefined || found.code === 'TRANSACTIONAL_ID_NOT_FOUND';
    const told = `DescribeTransactions request for transactionalId \`${transactionalId}\` failed because the ID could not be found`;
    throw transactionsFailure(about, isUnknown ? new Error(told) : found);
  }
  const isOpen = found.startTimeMs >= 0;
  const row = [
    String(found.coordinator.nodeId),
    transactionalId,
    String(found.producerId),
    String(found.producerEpoch),
    found.state,
    String(found.timeoutMs),
    isOpen ? String(found.startTimeMs) : NONE,
    isOpen ? String(world.runtime.clock.nowMs() - found.startTimeMs) : NONE,
    found.partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(','),
  ];
  const headers = [
    'CoordinatorId',
    'TransactionalId',
    'ProducerId',
    'ProducerEpoch',
    'TransactionState',
    'TransactionTimeoutMs',
    'CurrentTransactionStartTimeMs',
    'TransactionDurationMs',
    'TopicPartitions',
  ];
  world.out(tableText(headers, [row], '\t'));
}

async function describeProducers(admin: Admin, call: ArgumentCall, world: ToolWorld): Promise<void> {
  const brokerId = call.number('broker-id');
  const on = brokerId === undefined ? 'leader' : `broker ${brokerId}`;
  const { topic, partition } = partitionOf(call);
  const about = `Failed to describe producers for partition ${topic}-${partition} on ${on}`;
  const rows = (await producersOf(admin, call, about)).map((producer) => [
    String(producer.producerId),
    String(producer.producerEpoch),
    String(producer.coordinatorEpoch),
    String(producer.lastSequence),
    String(producer.lastTimestamp),
    producer.transactionStartOffset < 0 ? NONE : String(producer.transactionStartOffset),
  ]);
  const headers = [
    'ProducerId',
    'ProducerEpoch',
    'LatestCoordinatorEpoch',
    'LastSequence',
    'LastTimestamp',
    'CurrentTransactionStartOffset',
  ];
  world.out(tableText(headers, rows, '\t'));
}

async function producersOf(admin: Admin, call: ArgumentCall, about: string): Promise<readonly ProducerState[]> {
  const place = partitionOf(call);
  const brokerId = call.number('broker-id');
  return orFail(about, async () => {
    const found = await admin.describeProducers([place], brokerId === undefined ? {} : { brokerId });
    const outcome = found.get(place.topic)?.get(place.partition) ?? [];
    if (outcome instanceof KafkaError) throw outcome;
    return outcome;
  });
}

async function abort(admin: Admin, call: ArgumentCall): Promise<void> {
  const startOffset = call.number('start-offset');
  const producerId = call.number('producer-id');
  const hanging =
    startOffset === undefined ? describedByHand(call, producerId) : await openAt(admin, call, startOffset);
  const { topic, partition, producerEpoch, coordinatorEpoch } = hanging;
  const spec = `AbortTransactionSpec(topicPartition=${topic}-${partition}, producerId=${hanging.producerId}, producerEpoch=${producerEpoch}, coordinatorEpoch=${coordinatorEpoch})`;
  await orFail(`Failed to abort transaction ${spec}`, () => admin.abortTransaction(hanging));
}

function describedByHand(call: ArgumentCall, producerId: number | undefined): HangingTransaction {
  if (producerId === undefined) {
    throw new ToolFailure(
      'The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)',
    );
  }
  const producerEpoch = call.number('producer-epoch');
  if (producerEpoch === undefined) throw new ToolFailure('Missing required argument --producer-epoch');
  const coordinatorEpoch = call.number('coordinator-epoch');
  if (coordinatorEpoch === undefined) throw new ToolFailure('Missing required argument --coordinator-epoch');
  // A coordinator that wrote no marker yet is told as -1, which no broker takes.
  return { ...partitionOf(call), producerId, producerEpoch, coordinatorEpoch: Math.max(0, coordinatorEpoch) };
}

async function openAt(admin: Admin, call: ArgumentCall, startOffset: number): Promise<HangingTransaction> {
  const place = partitionOf(call);
  const name = `${place.topic}-${place.partition}`;
  const producers = await producersOf(admin, call, `Failed to validate producer state for partition ${name}`);
  const found = producers.find(({ transactionStartOffset }) => transactionStartOffset === startOffset);
  if (found === undefined) {
    throw new ToolFailure(
      `Could not find any open transactions starting at offset ${startOffset} on partition ${name}`,
    );
  }
  const { producerId, producerEpoch, coordinatorEpoch } = found;
  return { ...place, producerId, producerEpoch, coordinatorEpoch: Math.max(0, coordinatorEpoch) };
}

async function terminate(admin: Admin, transactionalId: string): Promise<void> {
  await orFail(`Failed to force terminate transactionalId ${transactionalId}`, async () => {
    const outcome = (await admin.fenceProducers([transactionalId])).get(transactionalId);
    if (outcome instanceof KafkaError) throw outcome;
  });
}

function partitionOf(call: ArgumentCall): { readonly topic: string; readonly partition: number } {
  return { topic: call.value('topic') ?? '', partition: call.number('partition') ?? 0 };
}
