import { addPartitionsToTxn } from '../../../../src/protocol/messages/024-add-partitions-to-txn.ts';
import { valuesOf } from '../../../../src/client/admin/results.ts';
import { KafkaError } from '../../../../src/client/client-error.ts';
import type { AdminScenario } from '../side.ts';

const NEWEST_OF_CLIENTS = 3;

export const transactionScenarios: readonly AdminScenario[] = [
  {
    name: 'transactions',
    async run(side) {
      const { admin, cluster } = side;
      const [topic, id, other] = [side.name('t'), side.name('x'), side.name('y')];
      valuesOf(await admin.createTopics([{ name: topic, partitions: 1 }]));
      const fenced = await side.step(
        'first',
        () => admin.fenceProducers([id]),
        (results) =>
          [...results.values()].map((outcome) => (outcome instanceof KafkaError ? outcome : outcome.producerEpoch)),
      );
      const producer = fenced?.get(id);
      if (producer === undefined || producer instanceof KafkaError) return;
      const withoutIds = (): Promise<unknown> =>
        admin
          .describeTransactions([id, other])
          .then((results) =>
            [...results.values()].map((outcome) =>
              outcome instanceof KafkaError
                ? outcome
                : { ...outcome, producerId: 0, coordinator: '', timeoutMs: 0, startTimeMs: outcome.startTimeMs > 0 },
            ),
          );
      await side.step('describe', withoutIds);
      const old = { longerThanMs: 3_600_000, pattern: `${id}.*` };
      await side.step(
        'empty for long',
        () => admin.listTransactions(old),
        (listed) => listed.length,
      );
      const coordinator = await cluster.coordinator('transaction', id);
      const version = coordinator.versionFor(addPartitionsToTxn, NEWEST_OF_CLIENTS);
      const body = {
        transactions: [],
        v3AndBelowTransactionalId: id,
        v3AndBelowProducerId: producer.producerId,
        v3AndBelowProducerEpoch: producer.producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [0] }],
      };
      await side.step(
        'begin',
        () => coordinator.request(addPartitionsToTxn, version, body),
        ({ errorCode }) => errorCode,
      );
      await side.step('open', withoutIds);
      await side.step(
        'list',
        () => admin.listTransactions({ states: ['Ongoing'], pattern: `${id}.*` }),
        (listed) => listed.map(({ transactionalId, state }) => ({ transactionalId, state })),
      );
      await side.step('long ones', () => admin.listTransactions({ longerThanMs: 3_600_000, pattern: `${id}.*` }));
      await side.step('of a state that is none', () => admin.listTransactions({ states: ['Sleeping'] }));
      await side.step('of a bad pattern', () => admin.listTransactions({ pattern: '(' }));
      await side.step('producers', () => admin.describeProducers([{ topic, partition: 0 }]));
      await side.step('producers of a replica', () =>
        admin.describeProducers(
          [
            { topic, partition: 0 },
            { topic, partition: 5 },
          ],
          { brokerId: 1 },
        ),
      );
      await side.step(
        'fence',
        () => admin.fenceProducers([id]),
        (results) => [...results.values()].map((outcome) => (outcome instanceof KafkaError ? outcome : 'fenced')),
      );
      await side.step('abort what does not hang', () =>
        admin.abortTransaction({
          topic,
          partition: 0,
          producerId: producer.producerId,
          producerEpoch: 99,
          coordinatorEpoch: 0,
        }),
      );
    },
  },
];
