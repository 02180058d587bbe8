import type { Admin } from '../../client/admin/admin.ts';
import type { GroupDescription } from '../../client/admin/describe-groups.ts';
import { partitionValuesOf, valuesOf } from '../../client/admin/results.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import { listingTool } from './listing.ts';

/** `kafka-groups --list --json`: groups of every kind. */
export const groupsListing = listingTool({
  name: 'kafka-groups',
  about: 'Tells the groups of every kind, one JSON object on each line.\n',
  specs: { list: { text: 'Tells the groups.' } },
  async list(admin, options) {
    if (!options.has('list')) throw new ToolFailure('--json goes with --list');
    return listed(admin);
  },
});

/** `kafka-consumer-groups --list --json` and `--describe --json`. */
export const consumerGroupsListing = listingTool({
  name: 'kafka-consumer-groups',
  about: 'Tells of groups of consumers, one JSON object on each line.\n',
  specs: {
    list: { text: 'Tells the groups.' },
    describe: { text: 'Tells the committed offsets and the lag of groups, a partition on each line.' },
    state: { text: 'With --describe: the state and the members of each group instead.' },
    group: { argument: 'name', text: 'Which group to describe; may be repeated.' },
    'all-groups': { text: 'Describes all groups.' },
  },
  async list(admin, options) {
    if (options.has('list') === options.has('describe')) throw new ToolFailure('--json goes with --list or --describe');
    const all = await listed(admin);
    const consumers = all.filter(({ type, protocol }) => type === 'consumer' || ['consumer', ''].includes(protocol));
    if (options.has('list')) return consumers;
    const names = options.has('all-groups') ? consumers.map(({ group }) => group) : [...options.values('group')];
    if (names.length === 0 && !options.has('all-groups')) {
      throw new ToolFailure('--describe needs --group or --all-groups');
    }
    if (names.length === 0) return [];
    const groups = [...valuesOf(await admin.describeGroups(names)).values()];
    return options.has('state') ? groups.map(stateOf) : offsetsOf(admin, groups);
  },
});

interface ListedGroup {
  readonly group: string;
  readonly type: string;
  readonly state: string;
  readonly protocol: string;
}

async function listed(admin: Admin): Promise<ListedGroup[]> {
  return (await admin.listGroups())
    .map(({ groupId: group, type, state, protocolType: protocol }) => ({ group, type, state, protocol }))
    .toSorted((a, b) => (a.group < b.group ? -1 : 1));
}

function stateOf({ groupId: group, type, state, assignor, members }: GroupDescription): object {
  return {
    group,
    type,
    state,
    assignor,
    members: members.map(({ memberId, clientId, host, assignment }) => {
      const assigned = assignment.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      return { memberId, clientId, host, assigned };
    }),
  };
}

/** A line for each partition that has a committed offset or an owner. */
async function offsetsOf(admin: Admin, groups: readonly GroupDescription[]): Promise<object[]> {
  const committed = valuesOf(await admin.listGroupOffsets(groups.map(({ groupId }) => groupId)));
  const rows: { group: string; topic: string; partition: number; committed: number | null; memberId: string | null }[] =
    [];
  for (const { groupId: group, members } of groups) {
    const owners = new Map<string, { topic: string; partition: number; memberId: string }>();
    for (const { memberId, assignment } of members) {
      for (const { topic, partitions } of assignment) {
        for (const partition of partitions) owners.set(`${topic}-${partition}`, { topic, partition, memberId });
      }
    }
    for (const [topic, partitions] of partitionValuesOf(committed.get(group) ?? new Map())) {
      for (const [partition, { offset }] of partitions) {
        const memberId = owners.get(`${topic}-${partition}`)?.memberId ?? null;
        owners.delete(`${topic}-${partition}`);
        rows.push({ group, topic, partition, committed: offset, memberId });
      }
    }
    for (const { topic, partition, memberId } of owners.values()) {
      rows.push({ group, topic, partition, committed: null, memberId });
    }
  }
  if (rows.length === 0) return [];
  const ends = await admin.listOffsets(rows.map(({ topic, partition }) => ({ topic, partition, at: 'latest' })));
  return rows.map(({ memberId, ...row }) => {
    const told = ends.get(row.topic)?.get(row.partition);
    const end = told === undefined || told instanceof Error ? null : told.offset;
    const lag = end === null || row.committed === null ? null : Math.max(0, end - row.committed);
    return { ...row, end, lag, memberId };
  });
}
