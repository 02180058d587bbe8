import assert from 'node:assert/strict';
import { string, type Consumer, type ConsumerRecord } from 'posthorn/client';
import { until, type Stage } from '../story.ts';

const MAILS = 7;
const COMMIT_EVERY = 20;

/**
 * Mistake 3: a rebalance that repeats. When a second consumer comes, it gets partitions that the first one had, and goes on at what is committed.
 * What was processed and not committed is processed once more.
 */
export async function rebalance(stage: Stage): Promise<void> {
  await stage.freshTopics({ 'mails-wrong': 2, 'mails-right': 2 });
  const wrong = await sentTwice(stage, 'mails-wrong', false);
  assert.equal(wrong, MAILS, 'all mails of the partition that went over');
  console.log(
    `rebalance, wrong: a commit after each twenty; ${wrong} mails were sent twice when a second consumer came`,
  );

  const right = await sentTwice(stage, 'mails-right', true);
  assert.equal(right, 0);
  console.log('rebalance, right: a commit as well before partitions are given up; no mail was sent twice');
}

/** How many mails are sent twice when the second consumer comes before the first has reached its next commit. */
async function sentTwice({ kafka }: Stage, topic: string, isRight: boolean): Promise<number> {
  const producer = kafka.producer({ valueSerializer: string });
  for (const partition of [0, 1]) {
    for (let index = 0; index < MAILS; index++) {
      void producer.send({ topic, partition, value: `mail ${index} of ${partition}` });
    }
  }
  await producer.close();

  const sent: (string | null)[] = [];
  const running: Promise<void>[] = [];

  function start(): Consumer<unknown, string | null> {
    const done = new Map<number, ConsumerRecord<unknown, string | null>>();
    const commitDone = async (): Promise<void> => {
      for (const record of done.values()) await consumer.commit(record);
      done.clear();
    };
    const consumer: Consumer<unknown, string | null> = kafka.consumer({
      groupId: `${topic}-sender`,
      groupProtocol: 'classic',
      heartbeatIntervalMs: 200,
      valueDeserializer: string,
      offsetReset: 'earliest',
      commitMode: 'manual',
      // Right: nobody gets these partitions before this has ended. (The commit mode 'after-processing', the default, does it by itself.)
      rebalance: isRight ? { revoked: commitDone } : {},
    });
    const run = async (): Promise<void> => {
      await consumer.subscribe([topic]);
      for await (const record of consumer) {
        sent.push(record.value);
        done.set(record.partition, record);
        if (sent.length % COMMIT_EVERY === 0) await commitDone();
      }
    };
    running.push(run());
    return consumer;
  }

  const first = start();
  await until(() => sent.length === 2 * MAILS, 'the first consumer has sent all mails');
  const second = start();
  await until(() => first.assignment.length === 1 && second.assignment.length === 1, 'they share the partitions');
  const [taken] = second.assignment;
  assert(taken !== undefined);
  await until(() => (second.position(taken) ?? 0) === MAILS || second.lag(taken) === 0, 'the second has caught up');
  first.stop();
  second.stop();
  await Promise.all(running);
  return sent.length - new Set(sent).size;
}
