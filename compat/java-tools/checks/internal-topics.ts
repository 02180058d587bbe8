import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { coordinatorPartition } from '../../../src/base/java-hash.ts';
import type { Check, Checking } from '../checking.ts';
import { NotHere } from './cluster.ts';

/** What lies in `__consumer_offsets` and `__transaction_state`, read from the broker's directory by Kafka's own decoders. */
export const internalTopicChecks: readonly Check[] = [
  {
    name: 'dump-log: groups and offsets as Kafka decodes them',
    run: async (c) => {
      const topic = await topicOfTwo(c, 'kept');
      const group = c.name('dumped-group');
      await c.prints('kafka-console-producer', ['--topic', topic], [], { input: 'a\nb\nc\n' });
      const consume = ['--topic', topic, '--group', group, '--from-beginning', '--max-messages', '3'];
      await c.prints('kafka-console-consumer', [...consume, '--timeout-ms', '20000'], [/total of 3 messages/]);
      await c.prints(
        'kafka-consumer-groups',
        ['--reset-offsets', '--group', group, '--topic', topic, '--to-offset', '2', '--execute'],
        [],
      );
      await c.prints(
        'kafka-consumer-groups',
        ['--delete-offsets', '--group', group, '--topic', `${topic}:1`],
        [/Successful/],
      );
      const key = `"group":"${group}","topic":"${topic}","partition"`;
      await c.prints('kafka-dump-log', decoded(c, '__consumer_offsets', group, '--offsets-decoder'), [
        /isTransactional: false .*isvalid: true/,
        new RegExp(`key: {"type":"2","data":{"group":"${group}"}} payload: {"version":"3","data":{.*"generation":1`),
        new RegExp(`"protocol":"(range|cooperative-sticky)".*"subscription":{"topics":\\["${topic}"\\]`),
        new RegExp(`key: {"type":"1","data":{${key}:0}} payload: {"version":"4","data":{"offset":`),
        new RegExp(`key: {"type":"1","data":{${key}:1}} payload: <DELETE>`),
      ]);
    },
  },
  {
    name: 'dump-log: transactions as Kafka decodes them',
    run: async (c) => {
      const topic = await topicOfTwo(c, 'in-transactions');
      const id = c.name('dumped-id');
      const load = ['--num-records', '20', '--record-size', '10', '--throughput', '100'];
      const inTransactions = ['--transactional-id', id, '--transaction-duration-ms', '50'];
      await c.prints('kafka-producer-perf-test', ['--topic', topic, ...load, ...inTransactions], [/20 records sent/]);
      const key = `key: {"type":"0","data":{"transactionalId":"${id}"}} payload: {"version":"[01]","data":{"producerId":\\d+`;
      const status = (number: number): RegExp => new RegExp(`${key}.*"transactionStatus":${number}`);
      await c.prints('kafka-dump-log', decoded(c, '__transaction_state', id, '--transaction-log-decoder'), [
        /isvalid: true/,
        status(0),
        new RegExp(`${status(1).source}.*{"topic":"${topic}","partitionIds":\\[[01,]+\\]}`),
        status(2),
        status(4),
      ]);
    },
  },
];

async function topicOfTwo(c: Checking, name: string): Promise<string> {
  const topic = c.name(name);
  await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '2'], [/Created topic/]);
  return topic;
}

/** The arguments that decode the partition of an internal topic that an id belongs to. */
function decoded({ dataDir }: Checking, topic: string, id: string, decoder: string): string[] {
  if (dataDir === undefined) throw new NotHere('the broker’s data directory is not known');
  const partitions = readdirSync(dataDir).filter((name) => name.startsWith(`${topic}-`)).length;
  const directory = join(dataDir, `${topic}-${coordinatorPartition(id, partitions)}`);
  if (!existsSync(directory)) throw new Error(`there is no ${directory}`);
  const files = readdirSync(directory).filter((name) => name.endsWith('.log'));
  return ['--files', files.map((name) => join(directory, name)).join(','), '--deep-iteration', decoder];
}
