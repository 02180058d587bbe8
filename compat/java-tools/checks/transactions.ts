import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { WirePeer } from '../../oracle/wire-peer.ts';
import { expectNoLines, type Check, type Checking } from '../checking.ts';

const VERIFICATION = 'transaction.partition.verification.enable';
const TWO_HOURS_MS = 7_200_000;
const ANSWER_MS = 5000;
const PRODUCER_ID = 424_242;

/** Transactions as kafka-transactions sees them. */
export const transactionChecks: readonly Check[] = [
  {
    name: 'transactions: one that hangs is found and aborted',
    run: async (c) => {
      const topic = c.name('hanging');
      await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '1'], [/Created topic/]);
      await hang(c, topic);
      const place = ['--topic', topic, '--partition', '0'];
      await c.prints(
        'kafka-transactions',
        ['describe-producers', ...place],
        [new RegExp(`^${PRODUCER_ID}\\s+3\\s+-1\\s+0\\s+\\d+\\s+0\\s*$`, 'm')],
      );
      const found = new RegExp(`^${topic}\\s+0\\s+${PRODUCER_ID}\\s+3\\s+-1\\s+0\\s+\\d+\\s+1(19|20|21)\\s*$`, 'm');
      await c.prints('kafka-transactions', ['find-hanging', '--broker-id', '1'], [found]);
      await c.prints('kafka-transactions', ['abort', ...place, '--start-offset', '0'], []);
      const after = await c.prints('kafka-transactions', ['find-hanging', '--broker-id', '1'], [/Topic\s+Partition/]);
      expectNoLines('find-hanging', after, [new RegExp(topic)]);
      await c.prints(
        'kafka-transactions',
        ['describe-producers', ...place],
        [new RegExp(`^${PRODUCER_ID}\\s+3\\s+\\d+\\s+0\\s+\\d+\\s+None\\s*$`, 'm')],
      );
      const read = [
        '--topic',
        topic,
        '--from-beginning',
        '--timeout-ms',
        '3000',
        '--isolation-level',
        'read_committed',
      ];
      const { text } = await c.run('kafka-console-consumer', read);
      expectNoLines('read_committed', text, [/of nobody/]);
    },
  },
];

/** Writes into a transaction that no coordinator knows of, two hours ago: possible only where nothing is verified. */
async function hang(c: Checking, topic: string): Promise<void> {
  const brokers = ['--entity-type', 'brokers', '--entity-default', '--alter'];
  await c.prints('kafka-configs', [...brokers, '--add-config', `${VERIFICATION}=false`], [/Completed/]);
  const records = buildBatch([{ value: Buffer.from('of nobody'), timestamp: Date.now() - TWO_HOURS_MS }], {
    producerId: PRODUCER_ID,
    producerEpoch: 3,
    baseSequence: 0,
    transactional: true,
  });
  const topicData = [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }];
  const peer = new WirePeer(c.bootstrap, 'hanging');
  const request = { transactionalId: topic, acks: -1, timeoutMs: ANSWER_MS, topicData };
  const outcome = await peer.exchange(peer.request(produce, 11, request), ANSWER_MS);
  peer.close();
  await c.prints('kafka-configs', [...brokers, '--delete-config', VERIFICATION], [/Completed/]);
  const answer = 'frame' in outcome ? peer.response(produce, 11, outcome.frame) : undefined;
  const code = answer?.responses[0]?.partitionResponses[0]?.errorCode;
  if (code !== 0) throw new Error(`the record was not taken: ${code}`);
}
