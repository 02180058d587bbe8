import { valuesOf, type Results } from '../../../../src/client/admin/results.ts';
import type { ConfigEntry } from '../../../../src/client/admin/config-entry.ts';
import type { TopicDescription } from '../../../../src/client/admin/describe-topics.ts';
import { KafkaError } from '../../../../src/client/client-error.ts';
import type { AdminScenario } from '../side.ts';

/** Without what each broker draws for itself. */
function described(results: Results<TopicDescription>): unknown {
  return new Map(
    [...results].map(([name, outcome]) => [
      name,
      outcome instanceof KafkaError ? outcome : { ...outcome, topicId: outcome.topicId.length },
    ]),
  );
}

export const topicScenarios: readonly AdminScenario[] = [
  {
    name: 'topics',
    async run(side) {
      const { admin } = side;
      const [a, b, c] = ['a', 'b', 'c'].map((name) => side.name(name)) as [string, string, string];
      const wish = [
        { name: a, partitions: 3, replicationFactor: 1, configs: { 'retention.ms': '60000' } },
        { name: b, assignments: [[1], [1]] },
        { name: side.name('bad name'), partitions: 1 },
        { name: side.name('far'), partitions: 1, replicationFactor: 3 },
        { name: side.name('odd'), partitions: 1, configs: { 'no.such.setting': '1' } },
      ];
      await side.step('validate', () => admin.createTopics(wish, { validateOnly: true }), codes);
      const created = await side.step('create', () => admin.createTopics(wish), codes);
      await side.step('create again', () => admin.createTopics([{ name: a }]));
      await side.step('describe', () => admin.describeTopics([a, b, c]), described);
      await side.step('pages', () => admin.describeTopics([a, b, c], { pagePartitions: 2 }), described);
      const id = created?.get(a);
      const topicId = id === undefined || id instanceof KafkaError ? '' : id.topicId;
      await side.step(
        'by id',
        () => admin.describeTopicsById([topicId]),
        (results) => [...(described(results) as Map<string, unknown>)].map(([, each]) => each),
      );
      const grow = [
        { name: a, total: 4 },
        { name: b, total: 1 },
        { name: c, total: 2 },
      ];
      await side.step('grow', () => admin.createPartitions(grow));
      const specs = ['earliest', 'latest', 'max-timestamp', 1000] as const;
      const queries = specs.map((at, partition) => ({ topic: a, partition, at }));
      await side.step('offsets', () => admin.listOffsets(queries));
      await side.step('committed offsets', () =>
        admin.listOffsets(queries.slice(0, 2), { isolation: 'read_committed' }),
      );
      const deletions = [
        { topic: a, partition: 0, before: 'latest' as const },
        { topic: a, partition: 1, before: 7 },
      ];
      await side.step('delete records', () => admin.deleteRecords(deletions));
      await side.step(
        'delete by id',
        () => admin.deleteTopicsById([topicId]),
        (results) => [...results.values()],
      );
      await side.step('delete', () => admin.deleteTopics([b, c]));
      await side.step('unknown id', () => admin.deleteTopicsById(['AAAAAAAAAAAAAAAAAAAAAQ']));
    },
  },
  {
    name: 'configs',
    async run(side) {
      const { admin } = side;
      const topic = { type: 'topic', name: side.name('t') } as const;
      const broker = { type: 'broker', name: '1' } as const;
      valuesOf(await admin.createTopics([{ name: topic.name, partitions: 1 }]));
      const keys = ['retention.ms', 'cleanup.policy', 'compression.type'];
      const full = { keys, includeSynonyms: true, includeDocumentation: true };
      await side.step('describe', () => admin.describeConfigs([topic], { keys, includeSynonyms: true }));
      await side.step('unknown', () => admin.describeConfigs([{ type: 'topic', name: side.name('none') }]));
      const changes = [
        { name: 'retention.ms', operation: 'set', value: '1000' },
        { name: 'cleanup.policy', operation: 'append', value: 'compact' },
      ] as const;
      await side.step('validate', () => admin.alterConfigs([{ ...topic, changes }], { validateOnly: true }));
      await side.step('alter', () => admin.alterConfigs([{ ...topic, changes }]));
      await side.step(
        'altered',
        () => side.until(() => admin.describeConfigs([topic], full), has(topic.name, '1000')),
        (results) => {
          const outcome = results.get(`topic:${topic.name}`);
          if (outcome === undefined || outcome instanceof KafkaError) return outcome;
          return [...outcome.values()]
            .toSorted((left, right) => left.name.localeCompare(right.name))
            .map(({ documentation, ...rest }) => ({
              ...rest,
              isDocumented: documentation !== null,
            }));
        },
      );
      const back = [
        { name: 'retention.ms', operation: 'delete' },
        { name: 'cleanup.policy', operation: 'subtract', value: 'compact' },
      ] as const;
      await side.step('back', () => admin.alterConfigs([{ ...topic, changes: back }]));
      await side.step('as before', () =>
        side.until(() => admin.describeConfigs([topic], { keys }), has(topic.name, '604800000')),
      );
      const bad = [{ name: 'retention.ms', operation: 'set', value: 'soon' }] as const;
      await side.step('bad value', () => admin.alterConfigs([{ ...topic, changes: bad }]));
      await side.step('of a broker', () =>
        admin.describeConfigs([broker, { type: 'broker', name: '' }], { keys: ['log.cleaner.threads', 'node.id'] }),
      );
      const group = { type: 'group', name: side.name('g') } as const;
      const session = [{ name: 'consumer.session.timeout.ms', operation: 'set', value: '50000' }] as const;
      await side.step('of a group', () => admin.alterConfigs([{ ...group, changes: session }]));
      await side.step('a group', () => admin.describeConfigs([group], { keys: ['consumer.session.timeout.ms'] }));
      await side.step(
        'groups',
        () => admin.listConfigResources(['group']),
        (resources) => resources.filter(({ name }) => name === group.name),
      );
      await side.step('other broker', () => admin.describeConfigs([{ type: 'broker', name: '77' }]), codes);
    },
  },
];

/** The codes alone: what is in a created topic is for other steps, what stands in texts of a timeout too. */
function codes(results: Results<unknown>): unknown {
  return new Map([...results].map(([name, outcome]) => [name, outcome instanceof KafkaError ? outcome.code : 'ok']));
}

/** Whether the broker that answers has heard of the change. */
function has(topic: string, retentionMs: string): (results: Results<ReadonlyMap<string, ConfigEntry>>) => boolean {
  return (results) => {
    const entries = results.get(`topic:${topic}`);
    return entries instanceof Map && entries.get('retention.ms')?.value === retentionMs;
  };
}
