import { describeTransactions } from '../../../src/protocol/messages/065-describe-transactions.ts';
import { listTransactions } from '../../../src/protocol/messages/066-list-transactions.ts';
import type { Read, Write } from '../../../src/protocol/schema.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic } from '../topics.ts';
import { Transactional } from '../transactional.ts';

type Listing = Write<typeof listTransactions.request.fields>;

const ALL: Listing = { stateFilters: [], producerIdFilters: [] };
const DURATION_VERSION = 1;
const PATTERN_VERSION = 2;
const HOUR_MS = 3_600_000;

/** ListTransactions and DescribeTransactions over ids in every state (KIP-664, 994, 1152). */
export const scenario: Scenario = {
  name: '26-transaction-listing',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 't', { partitions: 2 });
    const open = (name: string) => Transactional.open(side, peer, name);
    const [empty, ongoing, committed, aborted] = await Promise.all(
      ['empty', 'ongoing', 'committed', 'aborted'].map(open),
    );
    if (empty === undefined || ongoing === undefined || committed === undefined || aborted === undefined) return;
    const producer = await empty.init('empty');
    for (const id of [ongoing, committed, aborted]) {
      const one = await id.init('a producer');
      await id.add('partitions', one, { [topic.name]: [0, 1] });
      if (id === ongoing) continue;
      await id.end('ends', one, id === committed);
      await id.settled('ended');
    }
    for (const version of versionsOf(listTransactions)) {
      await list(side, peer, 'all', version, ALL);
      for (const state of ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort', 'PrepareCommit', 'Dead']) {
        await list(side, peer, state, version, { ...ALL, stateFilters: [state] });
      }
      await list(side, peer, 'two states', version, { ...ALL, stateFilters: ['Ongoing', 'Empty', 'Ongoing'] });
      await list(side, peer, 'odd states', version, {
        ...ALL,
        stateFilters: ['ongoing', '', 'PrepareEpochFence', 'Empty', 'Nowhere', 'Nowhere'],
      });
      await list(side, peer, 'a producer', version, {
        ...ALL,
        producerIdFilters: [producer.producerId, 7_000_000_000],
      });
      await list(side, peer, 'no producer', version, { ...ALL, producerIdFilters: [-1] });
      await listFurther(side, peer, version);
    }
    await peer.call('ids of all kinds', describeTransactions, 0, {
      transactionalIds: [empty.id, '', side.name('nobody'), aborted.id, empty.id],
    });
  },
};

async function listFurther(side: Side, peer: Peer, version: number): Promise<void> {
  if (version >= DURATION_VERSION) {
    for (const durationFilter of [-2, -1, 0, HOUR_MS]) {
      await list(side, peer, `running ${durationFilter} ms`, version, { ...ALL, durationFilter });
    }
  }
  if (version < PATTERN_VERSION) return;
  const prefix = side.name('');
  const patterns = [
    '',
    `${prefix}o.*`,
    `${prefix}(empty|aborted)`,
    prefix,
    '.*committed',
    '*',
    '(',
    '[[:alpha:]',
    '(?=a)',
    String.raw`\Qa\E`,
  ];
  for (const transactionalIdPattern of patterns) {
    await list(side, peer, `pattern ${transactionalIdPattern.replace(prefix, '')}`, version, {
      ...ALL,
      transactionalIdPattern,
    });
  }
}

/** Other scenarios have transactions, too; only this one's are compared. */
async function list(side: Side, peer: Peer, label: string, version: number, request: Listing): Promise<void> {
  await peer.call(label, listTransactions, version, request, {
    pick: (answer: Read<typeof listTransactions.response.fields>) => ({
      ...answer,
      unknownStateFilters: answer.unknownStateFilters.toSorted(),
      transactionStates: answer.transactionStates
        .filter(({ transactionalId }) => side.isOwn(transactionalId))
        .toSorted((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1)),
    }),
  });
}
