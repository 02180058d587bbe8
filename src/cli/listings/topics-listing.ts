import type { Admin } from '../../client/admin/admin.ts';
import { configResourceKey } from '../../client/admin/configs.ts';
import { valuesOf } from '../../client/admin/results.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import { TopicPattern } from '../tools/topic-pattern.ts';
import { listingTool } from './listing.ts';

/** `kafka-topics --list --json` and `--describe --json`. */
export const topicsListing = listingTool({
  name: 'kafka-topics',
  about: 'Tells of topics, one JSON object on each line.\n',
  specs: {
    list: { text: 'Names the topics.' },
    describe: { text: 'Tells of topics, their partitions and their own settings.' },
    topic: { argument: 'pattern', text: 'Only topics whose whole name fits this regular expression.' },
    'exclude-internal': { text: 'Leaves out internal topics.' },
  },
  async list(admin, options) {
    if (options.has('list') === options.has('describe')) throw new ToolFailure('--json goes with --list or --describe');
    const pattern = options.value('topic');
    const fits = pattern === undefined ? undefined : new TopicPattern(pattern);
    const listed = [...(await admin.listTopics({ includeInternal: !options.has('exclude-internal') })).values()]
      .filter(({ name }) => fits?.fits(name) ?? true)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (listed.length === 0 && pattern !== undefined && options.has('describe')) {
      throw new ToolFailure(`no topic fits '${pattern}'`);
    }
    if (options.has('describe'))
      return describe(
        admin,
        listed.map(({ name }) => name),
      );
    return listed.map(({ name: topic, topicId, isInternal }) => ({ topic, topicId, isInternal }));
  },
});

async function describe(admin: Admin, names: readonly string[]): Promise<object[]> {
  if (names.length === 0) return [];
  const resources = names.map((name) => ({ type: 'topic', name }) as const);
  const [topics, configs] = await Promise.all([admin.describeTopics(names), admin.describeConfigs(resources)]);
  return [...valuesOf(topics).values()].map(({ name, topicId, isInternal, partitions }) => {
    const told = configs.get(configResourceKey({ type: 'topic', name }));
    const own = told === undefined || told instanceof Error ? [] : [...told.values()];
    return {
      topic: name,
      topicId,
      isInternal,
      partitions: partitions.map(({ partition, leaderId, leaderEpoch, replicas, inSync, offline }) => {
        const leader = leaderId < 0 ? null : leaderId;
        return { partition, leader, leaderEpoch, replicas, inSync, offline };
      }),
      configs: Object.fromEntries(
        own.filter(({ source }) => source === 'dynamic-topic').map((entry) => [entry.name, entry.value]),
      ),
    };
  });
}
