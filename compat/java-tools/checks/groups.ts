import { expectNoLines, type Check, type Checking } from '../checking.ts';

async function topicWithRecords(c: Checking, name: string, count: number): Promise<string> {
  const topic = c.name(name);
  await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '2'], [/Created topic/]);
  const input = Array.from({ length: count }, (_, index) => `k${index}:v${index}\n`).join('');
  await c.prints(
    'kafka-console-producer',
    ['--topic', topic, '--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'],
    [],
    { input },
  );
  return topic;
}

/** kafka-consumer-groups and kafka-groups with the classic protocol. */
export const groupChecks: readonly Check[] = [
  {
    name: 'groups: a live group with two members',
    run: async (c) => {
      const topic = await topicWithRecords(c, 'live', 20);
      const group = c.name('live-group');
      const consume = ['--topic', topic, '--group', group, '--from-beginning'];
      c.start('kafka-console-consumer', [...consume, '--command-property', 'client.id=first']);
      await c.untilPrints('kafka-consumer-groups', ['--describe', '--group', group, '--members'], [/first +2/]);
      c.start('kafka-console-consumer', [...consume, '--command-property', 'client.id=second']);
      await c.untilPrints(
        'kafka-consumer-groups',
        ['--describe', '--group', group, '--members', '--verbose'],
        [new RegExp(`first +1 .*${topic}`), new RegExp(`second +1 .*${topic}`)],
      );
      await c.untilPrints(
        'kafka-consumer-groups',
        ['--describe', '--group', group],
        [new RegExp(`${group} +${topic} +0 +\\d+ +\\d+ +0 `), new RegExp(`${group} +${topic} +1 +\\d+ +\\d+ +0 `)],
      );
      await c.prints(
        'kafka-consumer-groups',
        ['--describe', '--group', group, '--state'],
        [/range|cooperative/, /Stable +2/],
      );
      await c.prints('kafka-consumer-groups', ['--list', '--state', 'Stable'], [new RegExp(`^${group} `, 'm')]);
      await c.prints('kafka-consumer-groups', ['--list', '--type', 'classic'], [new RegExp(`^${group} `, 'm')]);
      await c.prints('kafka-groups', ['--list'], [new RegExp(`^${group} +Classic +consumer`, 'm')]);
      await c.refuses('kafka-consumer-groups', ['--delete', '--group', group], [/GroupNotEmptyException/]);
      await c.refuses(
        'kafka-consumer-groups',
        ['--delete-offsets', '--group', group, '--topic', topic],
        [/GroupSubscribedToTopic/],
      );
      await c.refuses(
        'kafka-consumer-groups',
        ['--reset-offsets', '--group', group, '--topic', topic, '--to-earliest', '--execute'],
        [/inactive|not inactive/],
      );
    },
  },
  {
    name: 'groups: offsets reset, shifted, deleted; the group deleted',
    run: async (c) => {
      const topic = await topicWithRecords(c, 'reset', 20);
      const group = c.name('reset-group');
      await c.prints(
        'kafka-console-consumer',
        ['--topic', topic, '--group', group, '--from-beginning', '--max-messages', '20', '--timeout-ms', '20000'],
        [/total of 20 messages/],
      );
      await c.untilPrints('kafka-consumer-groups', ['--describe', '--group', group, '--state'], [/Empty +0/]);
      const reset = ['--reset-offsets', '--group', group];
      await c.prints(
        'kafka-consumer-groups',
        [...reset, '--topic', topic, '--to-earliest', '--dry-run'],
        [new RegExp(`${group} +${topic} +0 +0`)],
      );
      await c.prints('kafka-consumer-groups', ['--describe', '--group', group], [/ 0 +-/]);
      await c.prints(
        'kafka-consumer-groups',
        [...reset, '--topic', topic, '--to-earliest', '--execute'],
        [new RegExp(`${group} +${topic} +1 +0`)],
      );
      await c.prints(
        'kafka-consumer-groups',
        [...reset, '--topic', `${topic}:0`, '--shift-by', '2', '--execute'],
        [new RegExp(`${group} +${topic} +0 +2`)],
      );
      await c.prints(
        'kafka-consumer-groups',
        ['--describe', '--group', group],
        [new RegExp(`${group} +${topic} +0 +2 `), new RegExp(`${group} +${topic} +1 +0 `)],
      );
      await c.prints('kafka-consumer-groups', [...reset, '--all-topics', '--to-latest', '--execute'], []);
      await c.prints(
        'kafka-consumer-groups',
        [...reset, '--topic', topic, '--by-duration', 'P1D', '--dry-run'],
        [new RegExp(`${topic} +0 +0`)],
      );
      await c.prints(
        'kafka-consumer-groups',
        ['--delete-offsets', '--group', group, '--topic', `${topic}:1`],
        [/Successful/],
      );
      const text = await c.prints(
        'kafka-consumer-groups',
        ['--describe', '--group', group],
        [new RegExp(`${group} +${topic} +0 `)],
      );
      expectNoLines('deleted offsets', text, [new RegExp(`${group} +${topic} +1 +\\d`)]);
      await c.prints('kafka-consumer-groups', ['--delete', '--group', group], [/was successful/]);
      expectNoLines('--list', await c.prints('kafka-consumer-groups', ['--list'], []), [new RegExp(`^${group}$`, 'm')]);
    },
  },
  {
    name: 'groups: unknown ones',
    run: async (c) => {
      await c.refuses(
        'kafka-consumer-groups',
        ['--describe', '--group', c.name('none')],
        [/GroupIdNotFoundException|does not exist/],
      );
      await c.refuses(
        'kafka-consumer-groups',
        ['--delete', '--group', c.name('none')],
        [/GroupIdNotFoundException|could not be deleted/],
      );
      await c.prints('kafka-consumer-groups', ['--describe', '--all-groups'], []);
    },
  },
  {
    name: 'groups: a static member',
    run: async (c) => {
      const topic = await topicWithRecords(c, 'static', 2);
      const group = c.name('static-group');
      c.start('kafka-console-consumer', [
        '--topic',
        topic,
        '--group',
        group,
        '--command-property',
        'group.instance.id=one',
      ]);
      await c.untilPrints(
        'kafka-consumer-groups',
        ['--describe', '--group', group, '--members'],
        [/one-[0-9a-f-]{36} +one /],
      );
    },
  },
];
