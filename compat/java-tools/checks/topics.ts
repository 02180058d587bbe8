import { expectNoLines, type Check } from '../checking.ts';

/** kafka-topics: creating, describing, listing, growing, deleting, and what is refused. */
export const topicChecks: readonly Check[] = [
  {
    name: 'topics: create and describe',
    run: async (c) => {
      const name = c.name('created');
      await c.prints(
        'kafka-topics',
        ['--create', '--topic', name, '--partitions', '3', '--config', 'retention.ms=100000'],
        [/^Created topic .*created\.$/m],
      );
      const text = await c.prints(
        'kafka-topics',
        ['--describe', '--topic', name],
        [
          /PartitionCount: 3\tReplicationFactor: 1\tConfigs: .*retention\.ms=100000/,
          /Partition: 2\tLeader: 1\tReplicas: 1\tIsr: 1/,
        ],
      );
      const id = /TopicId: (\S+)/.exec(text)?.[1] ?? '';
      await c.prints(
        'kafka-topics',
        ['--describe', '--topic-id', id],
        [new RegExp(`^Topic: ${name}\tTopicId: ${id}`, 'm')],
      );
    },
  },
  {
    name: 'topics: the broker’s counts, and an assignment by hand',
    run: async (c) => {
      await c.prints('kafka-topics', ['--create', '--topic', c.name('defaults')], [/Created topic/]);
      await c.prints(
        'kafka-topics',
        ['--create', '--topic', c.name('assigned'), '--replica-assignment', '1,1'],
        [/Created topic/],
      );
      await c.prints('kafka-topics', ['--describe', '--topic', c.name('assigned')], [/PartitionCount: 2/]);
    },
  },
  {
    name: 'topics: refused',
    run: async (c) => {
      const name = c.name('once');
      await c.prints('kafka-topics', ['--create', '--topic', name, '--partitions', '1'], [/Created topic/]);
      await c.refuses('kafka-topics', ['--create', '--topic', name], [/Topic '.*once' already exists/]);
      await c.prints('kafka-topics', ['--create', '--topic', name, '--if-not-exists'], []);
      await c.refuses(
        'kafka-topics',
        ['--create', '--topic', 'bad/name'],
        [/contains one or more characters other than/],
      );
      await c.refuses(
        'kafka-topics',
        ['--create', '--topic', c.name('many'), '--replication-factor', '9'],
        [/[Rr]eplication factor/],
      );
      await c.refuses(
        'kafka-topics',
        ['--create', '--topic', c.name('config'), '--config', 'retention.ms=abc'],
        [/Invalid value abc for configuration retention\.ms/],
      );
      await c.refuses(
        'kafka-topics',
        ['--create', '--topic', c.name('config'), '--config', 'foo=1'],
        [/Unknown topic config name: foo/],
      );
      await c.refuses('kafka-topics', ['--describe', '--topic', c.name('none')], [/does not exist as expected/]);
      await c.refuses('kafka-topics', ['--delete', '--topic', c.name('none')], [/does not exist as expected/]);
    },
  },
  {
    name: 'topics: list with and without internal ones',
    run: async (c) => {
      const name = c.name('listed');
      await c.prints('kafka-topics', ['--create', '--topic', name], [/Created topic/]);
      await c.prints('kafka-topics', ['--list'], [new RegExp(`^${name}$`, 'm')]);
      await c.prints('kafka-topics', ['--list', '--topic', c.name('li.*')], [new RegExp(`^${name}$`, 'm')]);
      const text = await c.prints('kafka-topics', ['--list', '--exclude-internal'], [new RegExp(`^${name}$`, 'm')]);
      expectNoLines('--exclude-internal', text, [/^__consumer_offsets$/m]);
    },
  },
  {
    name: 'topics: grow',
    run: async (c) => {
      const name = c.name('grows');
      await c.prints('kafka-topics', ['--create', '--topic', name, '--partitions', '2'], [/Created topic/]);
      await c.prints('kafka-topics', ['--alter', '--topic', name, '--partitions', '5'], []);
      await c.untilPrints(
        'kafka-topics',
        ['--describe', '--topic', name],
        [/PartitionCount: 5/, /Partition: 4\tLeader: 1/],
      );
      await c.refuses('kafka-topics', ['--alter', '--topic', name, '--partitions', '3'], [/currently has 5 partition/]);
    },
  },
  {
    name: 'topics: delete',
    run: async (c) => {
      const name = c.name('deleted');
      await c.prints('kafka-topics', ['--create', '--topic', name], [/Created topic/]);
      await c.prints('kafka-topics', ['--delete', '--topic', name], []);
      await c.refuses('kafka-topics', ['--describe', '--topic', name], [/does not exist as expected/]);
      await c.prints('kafka-topics', ['--delete', '--topic', name, '--if-exists'], []);
    },
  },
  {
    name: 'topics: partitions in trouble (none)',
    run: async (c) => {
      for (const option of [
        '--under-replicated-partitions',
        '--unavailable-partitions',
        '--under-min-isr-partitions',
      ]) {
        const text = await c.prints('kafka-topics', ['--describe', option], []);
        expectNoLines(option, text, [/Partition: /]);
      }
    },
  },
];
