import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { HistoryEvent } from '../../src/testing/history-event.ts';

const { Kafka, logLevel } = kafkajs;

/** The kafkajs client of the group histories; commands and output as in members-java/Members.java. It tells no generations. */
type Telling = HistoryEvent extends infer Event
  ? Event extends HistoryEvent
    ? Omit<Event, 'atMs' | 'client'>
    : never
  : never;

const [command, bootstrap = '', group = '', , client = '', topic = '', sessionMs = ''] = process.argv.slice(2);
if (command !== 'member') throw new Error(`no command ${String(command)}`);

function say(event: Telling): void {
  process.stdout.write(`${JSON.stringify({ atMs: Date.now(), client, ...event })}\n`);
}

/** So long is a batch worked on before its offsets are committed: room for a kill in between. */
const WORK_MS = Number(process.env['WORK_MS'] ?? 40);

const kafka = new Kafka({
  clientId: client,
  brokers: bootstrap.split(','),
  logLevel: logLevel.NOTHING,
  requestTimeout: 5000,
  retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 1000 },
});
const consumer = kafka.consumer({
  groupId: group,
  sessionTimeout: Number(sessionMs),
  heartbeatInterval: 500,
  maxWaitTimeInMs: 500,
});
consumer.on('consumer.group_join', ({ payload }) => {
  for (const partition of payload.memberAssignment[topic] ?? [])
    say({ type: 'gained', group, topic, partition, epoch: -1 });
});
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
let commits = 0;
await consumer.run({
  autoCommit: false,
  eachBatch: async (payload) => {
    if (payload.isStale() || !payload.isRunning()) return;
    const { batch } = payload;
    const { partition } = batch;
    for (const { offset, value } of batch.messages)
      say({
        type: 'poll',
        group,
        topic,
        partition,
        offset: Number(offset),
        value: String(value),
        isolation: 'read_uncommitted',
      });
    await pause(WORK_MS);
    // A consumer that ends resolves commits without sending them.
    if (!payload.isRunning()) return;
    const [offset, commit] = [Number(batch.lastOffset()) + 1, String(commits++)];
    say({ type: 'offsetsAsked', group, commit, offsets: [{ topic, partition, offset }] });
    try {
      await consumer.commitOffsets([{ topic, partition, offset: String(offset) }]);
      // Nor does it tell of an error then.
      say({ type: payload.isRunning() ? 'offsetsDone' : 'offsetsUnknown', commit });
    } catch (error) {
      say({ type: 'offsetsFailed', commit });
      // kafkajs reads again from where it had not come to an end.
      say({ type: 'lost', group, topic, partition, epoch: -1 });
      throw error;
    }
  },
});
await new Promise((done) => {
  process.stdin.on('end', done).resume();
});
await consumer.disconnect();
process.exit(0);
