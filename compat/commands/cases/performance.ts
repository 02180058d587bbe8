import type { CommandCase } from '../case.ts';

const producer = 'kafka-producer-perf-test';
const consumer = 'kafka-consumer-perf-test';
const latency = 'kafka-e2e-latency';
const topic = ['--topic', '{name}'] as const;
const made = { tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '1'] } as const;
const some = ['--num-records', '100', '--throughput', '-1'] as const;
const fed = [made, { tool: producer, args: [...topic, ...some, '--record-size', '100'] }] as const;

function written(more: string, files: CommandCase['files'] = {}): CommandCase {
  return { tool: producer, args: [...topic, ...some, ...more.split(' ')], before: [made], files };
}

function refused(tool: CommandCase['tool'], args: string): CommandCase {
  return { tool, args: args === '' ? [] : args.split(' '), isReading: true };
}

function read(more: string): CommandCase {
  return { tool: consumer, args: [...topic, ...more.split(' ')], before: fed };
}

const TEST = '--topic x --num-records 10 --throughput -1';

/** Their numbers are taken out, their lines are compared. */
export const performanceCases: readonly CommandCase[] = [
  { tool: producer, args: [], isBare: true },
  { tool: producer, args: ['--help'], isBare: true },
  { tool: producer, args: `${TEST} --record-size 5`.split(' '), isBare: true },
  ...['--record-size 5 --payload-file x', '--record-size 0', '--record-size 5 --warmup-records 10', ''].map((more) =>
    refused(producer, `${TEST} ${more}`.trim()),
  ),
  ...['--record-size 5 --reporting-interval 0', '--payload-monotonic --transaction-duration-ms 0'].map((more) =>
    refused(producer, `${TEST} ${more}`),
  ),
  ...['--payload-file /nowhere', '--record-size 5 --producer-props a', '--record-size x'].map((more) =>
    refused(producer, `${TEST} ${more}`),
  ),
  refused(producer, `${TEST} --record-size 5 --producer-props acks=1 --command-property acks=1`),
  refused(producer, '--topic x --num-records 0 --throughput -1 --record-size 5'),
  refused(producer, '--topic x --num-records 10 --throughput abc --record-size 5'),
  written('--record-size 100'),
  written('--record-size 100 --producer-props acks=1 linger.ms=0'),
  written('--payload-monotonic --warmup-records 50'),
  written('--record-size 10 --transactional-id {name}'),
  written('--payload-file {file:values}', { values: 'one\ntwo\nthree\n' }),
  written('--payload-file {file:values} --payload-delimiter ,', { values: 'one,two,three' }),
  { tool: consumer, args: [], isBare: true },
  { tool: consumer, args: '--topic x --num-records 1'.split(' '), isBare: true },
  ...['', '--topic x', '--topic x --num-records 1 --messages 2', '--topic x --foo'].map((args) =>
    refused(consumer, args),
  ),
  ...['--topic x --num-records a', '--topic x --num-records 1 --consumer.config /nowhere'].map((args) =>
    refused(consumer, args),
  ),
  refused(consumer, '--topic x --num-records 1 --reporting-interval 0'),
  refused(consumer, '--topic x --num-records 1 --consumer.config a --command-config b'),
  read('--num-records 100'),
  read('--messages 100 --hide-header'),
  read('--num-records 200 --timeout 2000'),
  { tool: latency, args: [], isBare: true },
  { tool: latency, args: ['a', 'b'], isBare: true },
  { tool: latency, args: ['a:1', 'b', 'x', '1', '5'], isBare: true },
  { tool: latency, args: ['a:1', 'b', '1', '0', '5'], isBare: true },
  refused(latency, '--topic x --num-records 3 --producer-acks 1'),
  refused(latency, '--topic x --num-records 3 --producer-acks 1 --record-size -5'),
  { tool: latency, args: [...topic, ...'--num-records 3 --producer-acks 1 --record-size 5'.split(' ')] },
  {
    tool: latency,
    args: [...topic, ...'--num-records 3 --producer-acks all --record-size 5 --num-headers 1'.split(' ')],
    before: [made],
  },
];
