import type { CommandCase } from '../case.ts';

const producer = 'kafka-verifiable-producer';
const consumer = 'kafka-verifiable-consumer';
const topic = ['--topic', '{name}'] as const;
const made = { tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '1'] } as const;
const fed = [made, { tool: producer, args: [...topic, '--max-messages', '5', '--repeating-keys', '2'] }] as const;

function written(more: string): CommandCase {
  return { tool: producer, args: [...topic, ...more.split(' ')], before: [made] };
}

function read(more: string): CommandCase {
  return { tool: consumer, args: [...topic, '--group-id', '{name}', ...more.split(' ')], before: fed };
}

function refused(tool: CommandCase['tool'], args: string): CommandCase {
  return { tool, args: args.split(' '), isReading: true };
}

export const verifiableCases: readonly CommandCase[] = [
  { tool: producer, args: [], isBare: true },
  { tool: producer, args: ['--help'], isBare: true },
  { tool: producer, args: ['--topic', 'x'], isBare: true },
  { tool: producer, args: [] },
  ...['--topic x --foo', '--topic x --max-messages a', '--topic x --acks 5', '--topic x extra', '--topic x -f'].map(
    (args) => refused(producer, args),
  ),
  refused(producer, '--topic x --acks'),
  refused(producer, '--topic x --producer.config /nowhere'),
  refused(producer, '--topic x --command-config /nowhere'),
  refused(producer, '--topic x --producer.config /nowhere --command-config /nowhere'),
  written('--max-messages 3 --acks=1'),
  written('--max 1 --acks 0'),
  written('--max-messages 4 --value-prefix 7 --repeating-keys 2'),
  written('--max-messages 2 --message-create-time 1000 --throughput 100'),
  { tool: consumer, args: [], isBare: true },
  { tool: consumer, args: ['--help'], isBare: true },
  { tool: consumer, args: ['--topic', 'x'], isBare: true },
  ...['--topic x', '--topic x --group-id g --foo', '--topic x --group-id g --group-protocol foo'].map((args) =>
    refused(consumer, args),
  ),
  refused(consumer, '--topic x --group-id g --session-timeout 10000 --group-protocol consumer'),
  {
    ...refused(consumer, '--topic x --group-id g --reset-policy foo'),
    differs: 'what a setting may be is said in our words',
  },
  read('--max-messages 5 --verbose'),
  read('--max-messages 3'),
  read('--max-messages 3 --enable-autocommit'),
  read('--max-messages 5 --group-protocol consumer'),
  read('--max-messages 5 --assignment-strategy org.apache.kafka.clients.consumer.CooperativeStickyAssignor'),
];
