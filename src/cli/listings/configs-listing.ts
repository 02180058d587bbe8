import type { Admin } from '../../client/admin/admin.ts';
import { configResourceKey, type ConfigResource } from '../../client/admin/configs.ts';
import { valuesOf } from '../../client/admin/results.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import { listingTool } from './listing.ts';

const TYPES = { topics: 'topic', brokers: 'broker', groups: 'group' } as const;

type EntityType = keyof typeof TYPES;

/** `kafka-configs --describe --json`. */
export const configsListing = listingTool({
  name: 'kafka-configs',
  about: 'Tells settings, those of one topic, broker or group as a JSON object on each line.\n',
  specs: {
    describe: { text: 'Tells settings.' },
    'entity-type': { argument: 'type', text: 'topics, brokers or groups.' },
    'entity-name': { argument: 'name', text: 'Only of this one; all when left out.' },
    all: { text: 'All settings, and not only those that were set.' },
  },
  async list(admin, options) {
    if (!options.has('describe')) throw new ToolFailure('--json goes with --describe');
    const type = options.value('entity-type') ?? '';
    if (!Object.hasOwn(TYPES, type))
      throw new ToolFailure(`--entity-type takes topics, brokers or groups, not '${type}'`);
    const name = options.value('entity-name');
    const resources = await resourcesOf(admin, type as EntityType, name);
    if (resources.length === 0) return [];
    const told = valuesOf(await admin.describeConfigs(resources));
    return resources.map(({ type: kind, name: entity }) => ({
      type,
      name: entity,
      configs: [...(told.get(configResourceKey({ type: kind, name: entity }))?.values() ?? [])]
        .filter(({ source }) => options.has('all') || source.startsWith('dynamic'))
        .map((entry) => {
          const { name: key, value, source, isReadOnly, isSensitive } = entry;
          return { name: key, value, source, isReadOnly, isSensitive };
        }),
    }));
  },
});

async function resourcesOf(admin: Admin, entity: EntityType, name: string | undefined): Promise<ConfigResource[]> {
  const type = TYPES[entity];
  if (name !== undefined) return [{ type, name }];
  switch (entity) {
    case 'topics':
      return [...(await admin.listTopics({ includeInternal: true })).keys()]
        .toSorted()
        .map((each) => ({ type, name: each }));
    case 'brokers':
      return [...(await admin.describeCluster()).brokers.values()].map(({ nodeId }) => ({
        type,
        name: String(nodeId),
      }));
    case 'groups':
      return (await admin.listGroups()).map(({ groupId }) => ({ type, name: groupId }));
    default:
      return entity satisfies never;
  }
}
