import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** The end offsets of a topic with two partitions. */
async function endsOf(c: Checking, topic: string): Promise<[number, number]> {
  const text = await c.prints('kafka-get-offsets', ['--topic', topic], [new RegExp(`^${topic}:1:\\d+`, 'm')]);
  const end = (partition: number): number =>
    Number(new RegExp(`^${topic}:${partition}:(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return [end(0), end(1)];
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
    name: 'groups: offsets reset by time, number, file and plan',
    run: async (c) => {
      const topic = await topicWithRecords(c, 'plans', 30);
      const group = c.name('plans-group');
      const ends = await endsOf(c, topic);
      const reset = ['--reset-offsets', '--group', group];
      const row = (partition: number, offset: number): RegExp =>
        new RegExp(`${group} +${topic} +${partition} +${offset}\\s`);
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, -1);
      for (const [means, from, to] of [
        [['--to-datetime', '2020-01-01T00:00:00.000'], 0, 0],
        [['--to-datetime', tomorrow], ...ends],
        [['--by-duration', 'PT0.001S'], ...ends],
        [['--by-duration', 'P1D'], 0, 0],
        [['--to-offset', '1'], 1, 1],
        [['--shift-by', '-5'], 0, 0],
        [['--shift-by', '500'], ...ends],
        [['--to-current'], ...ends],
      ] as const) {
        await c.prints(
          'kafka-consumer-groups',
          [...reset, '--topic', topic, ...means, '--execute'],
          [row(0, from), row(1, to)],
        );
      }
      await c.prints('kafka-consumer-groups', [...reset, '--topic', `${topic}:1`, '--to-offset', '2', '--execute'], []);
      const plan = await c.prints(
        'kafka-consumer-groups',
        [...reset, '--all-topics', '--to-current', '--export', '--dry-run'],
        [new RegExp(`^"?${topic}"?,0,${ends[0]}$`, 'm'), new RegExp(`^"?${topic}"?,1,2$`, 'm')],
      );
      const folder = await mkdtemp(join(tmpdir(), 'posthorn-plan-'));
      const file = join(folder, 'plan.csv');
      await writeFile(
        file,
        plan
          .split('\n')
          .filter((line) => line.includes(topic))
          .join('\n')
          .replace(/,2$/m, ',3'),
      );
      await c.prints('kafka-consumer-groups', [...reset, '--from-file', file, '--execute'], [row(1, 3)]);
      await rm(folder, { recursive: true });
      await c.prints(
        'kafka-consumer-groups',
        ['--describe', '--group', group],
        [new RegExp(`${group} +${topic} +0 +${ends[0]} `), new RegExp(`${group} +${topic} +1 +3 `)],
      );
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
