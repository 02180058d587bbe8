import type { Admin } from '../../../client/admin/admin.ts';
import type { GroupDescription, MemberDescription, TopicPartitions } from '../../../client/admin/describe-groups.ts';
import type { CommittedOffset } from '../../../client/admin/group-offsets.ts';
import { KafkaError } from '../../../client/client-error.ts';
import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answerOf, valueOf } from './consumer-groups-errors.ts';
import type { ConsumerGroupCall } from './consumer-groups-options.ts';
import { endOffsets } from './consumer-groups-reset.ts';

const NONE = '-';
const WIDTH = 15;

/** Tells of groups: offsets, members or states, as the options ask for. */
export async function describeConsumerGroups(
  admin: Admin,
  groupIds: readonly string[],
  options: ConsumerGroupCall,
  world: ToolWorld,
): Promise<void> {
  const wanted = [...new Set(groupIds)];
  const described = wanted.length === 0 ? new Map() : await answerOf(admin.describeGroups(wanted));
  const groups: GroupDescription[] = [...described.values()].map((outcome) => valueOf(outcome));
  groups.sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  const isVerbose = options.has('verbose');
  // All is asked before anything is told: an error of one group leaves the others untold, as in Java.
  if (options.has('members')) for (const group of groups) tellMembers(group, isVerbose, world);
  else if (options.has('state')) for (const group of groups) tellState(group, isVerbose, world);
  else {
    const all = await Promise.all(groups.map(async (group) => ({ group, rows: await offsetRows(admin, group) })));
    for (const { group, rows } of all) tellOffsets(group, rows, isVerbose, world);
  }
}

/** Tells what is to know of a group's state first; false when there is nothing to tell besides. */
function hasMore({ groupId, state }: GroupDescription, count: number, world: ToolWorld): boolean {
  switch (state) {
    case 'Dead':
      world.out(`\nError: Consumer group '${groupId}' does not exist.`);
      return false;
    case 'Empty':
      world.err(`\nConsumer group '${groupId}' has no active members.`);
      break;
    case 'Stable':
      break;
    default:
      world.err(`\nWarning: Consumer group '${groupId}' is rebalancing.`);
  }
  return count > 0;
}

interface OffsetRow extends TopicPartition {
  readonly committed: CommittedOffset | undefined;
  readonly end: number | undefined;
  readonly member: Pick<MemberDescription, 'memberId' | 'host' | 'clientId'>;
}

async function offsetRows(admin: Admin, group: GroupDescription): Promise<OffsetRow[]> {
  const listed = await answerOf(admin.listGroupOffsets([group.groupId]), true);
  const offsets = listed.get(group.groupId);
  const committed = offsets === undefined ? new Map() : valueOf(offsets, true);
  const owners = group.members
    .map((member) => ({ member, partitions: partitionsOf(member.assignment) }))
    .filter(({ partitions }) => partitions.length > 0)
    .toSorted((a, b) => b.partitions.length - a.partitions.length);
  const owned = new Set(owners.flatMap(({ partitions }) => partitions.map(nameOf)));
  const ownerless: TopicPartition[] = [...committed].flatMap(([topic, partitions]) =>
    [...partitions.keys()].map((partition) => ({ topic, partition })),
  );
  const nobody = { memberId: NONE, host: NONE, clientId: NONE };
  const all = [...owners, { member: nobody, partitions: ownerless.filter((place) => !owned.has(nameOf(place))) }];
  const ends = await endOffsets(
    admin,
    all.flatMap(({ partitions }) => partitions),
  );
  return all.flatMap(({ member, partitions }) =>
    partitions.toSorted(byName).map((place) => {
      const outcome = committed.get(place.topic)?.get(place.partition);
      return {
        ...place,
        member,
        committed: outcome instanceof KafkaError ? undefined : outcome,
        end: ends.get(nameOf(place)),
      };
    }),
  );
}

function partitionsOf(assignment: readonly TopicPartitions[]): TopicPartition[] {
  return assignment.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function byName(a: TopicPartition, b: TopicPartition): number {
  if (a.topic === b.topic) return a.partition - b.partition;
  return a.topic < b.topic ? -1 : 1;
}

function tellOffsets(group: GroupDescription, rows: readonly OffsetRow[], isVerbose: boolean, world: ToolWorld): void {
  if (!hasMore(group, rows.length, world)) return;
  const { groupId } = group;
  const topicWidth = widthOf(rows.map(({ topic }) => topic));
  const memberWidth = widthOf(rows.map(({ member }) => member.memberId));
  const hostWidth = widthOf(rows.map(({ member }) => member.host));
  const line = (texts: readonly string[]): string => {
    const [
      topic = '',
      partition = '',
      epoch = '',
      current = '',
      end = '',
      lag = '',
      member = '',
      host = '',
      client = '',
    ] = texts;
    return [
      (texts === titles ? 'GROUP' : groupId).padEnd(widthOf([groupId])),
      topic.padEnd(topicWidth),
      partition.padEnd(10),
      ...(isVerbose ? [epoch.padEnd(WIDTH)] : []),
      ...[current, end, lag].map((text) => text.padEnd(WIDTH)),
      member.padEnd(memberWidth),
      host.padEnd(hostWidth),
      client,
    ].join(' ');
  };
  const titles = [
    'TOPIC',
    'PARTITION',
    'LEADER-EPOCH',
    'CURRENT-OFFSET',
    'LOG-END-OFFSET',
    'LAG',
    'CONSUMER-ID',
    'HOST',
    'CLIENT-ID',
  ];
  const lines = rows.map(({ topic, partition, committed, end, member }) => {
    const isLagKnown = committed !== undefined && committed.offset >= 0 && end !== undefined;
    return line([
      topic,
      String(partition),
      committed === undefined || committed.leaderEpoch < 0 ? NONE : String(committed.leaderEpoch),
      String(committed?.offset ?? NONE),
      String(end ?? NONE),
      isLagKnown ? String(end - committed.offset) : NONE,
      member.memberId,
      member.host,
      member.clientId,
    ]);
  });
  world.out(`\n${[line(titles), ...lines].join('\n')}`);
}

function widthOf(texts: readonly string[]): number {
  return Math.max(WIDTH, ...texts.map((text) => text.length));
}

/** `orders:0,1;other:2`. */
function assignmentText(assignment: readonly TopicPartitions[] | null): string {
  const all = (assignment ?? []).filter(({ partitions }) => partitions.length > 0);
  if (all.length === 0) return NONE;
  return all
    .map(({ topic, partitions }) => `${topic}:${partitions.toSorted((a, b) => a - b).join(',')}`)
    .toSorted()
    .join(';');
}

function tellMembers(group: GroupDescription, isVerbose: boolean, world: ToolWorld): void {
  const { groupId, members } = group;
  hasMore(group, members.length, world);
  const isMixed = group.type === 'consumer' && new Set(members.map(({ isClassic }) => isClassic)).size > 1;
  const hasInstances = members.some(({ groupInstanceId }) => (groupInstanceId ?? '') !== '');
  const rows = members.map((member) => [
    groupId,
    member.memberId,
    ...(hasInstances ? [member.groupInstanceId ?? ''] : []),
    member.host,
    member.clientId,
    String(partitionsOf(member.assignment).length),
    ...(isVerbose
      ? [
          String(member.memberEpoch ?? NONE),
          assignmentText(member.assignment),
          String(group.targetAssignmentEpoch ?? NONE),
          assignmentText(member.targetAssignment),
          ...(isMixed ? [String(!member.isClassic)] : []),
        ]
      : []),
  ]);
  const titles = [
    'GROUP',
    'CONSUMER-ID',
    ...(hasInstances ? ['GROUP-INSTANCE-ID'] : []),
    'HOST',
    'CLIENT-ID',
    '#PARTITIONS',
    ...(isVerbose
      ? ['CURRENT-EPOCH', 'CURRENT-ASSIGNMENT', 'TARGET-EPOCH', 'TARGET-ASSIGNMENT', ...(isMixed ? ['UPGRADED'] : [])]
      : []),
  ];
  const fixed = new Set(['#PARTITIONS', 'CURRENT-EPOCH', 'TARGET-EPOCH']);
  const widths = titles.map((title, column) => {
    if (title === 'UPGRADED') return 0;
    const min = title.endsWith('-ASSIGNMENT') ? 20 : title === 'GROUP-INSTANCE-ID' ? 17 : WIDTH;
    return fixed.has(title) ? min : Math.max(min, ...rows.map((row) => row[column]?.length ?? 0));
  });
  const line = (texts: readonly string[]): string =>
    texts.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' ');
  world.out(`\n${[titles, ...rows].map((row) => line(row) + (isVerbose ? '' : ' ')).join('\n')}`);
}

function tellState(group: GroupDescription, isVerbose: boolean, world: ToolWorld): void {
  if (!hasMore(group, 1, world)) return;
  const { nodeId, host, port } = group.coordinator;
  const coordinator = `${host}:${port}  (${nodeId})`;
  const line = (groupId: string, place: string, texts: readonly string[]): string => {
    const [strategy = '', state = '', epoch = '', target = '', count = ''] = texts;
    return [
      groupId.padEnd(Math.max(WIDTH, group.groupId.length)),
      place.padEnd(Math.max(25, coordinator.length)),
      strategy.padEnd(20),
      state.padEnd(20),
      ...(isVerbose ? [epoch.padEnd(WIDTH), target.padEnd(25)] : []),
      count,
    ].join(' ');
  };
  const titles = ['ASSIGNMENT-STRATEGY', 'STATE', 'GROUP-EPOCH', 'TARGET-ASSIGNMENT-EPOCH', '#MEMBERS'];
  const row = [
    group.assignor === '' ? NONE : group.assignor,
    group.state,
    String(group.groupEpoch ?? NONE),
    String(group.targetAssignmentEpoch ?? NONE),
    String(group.members.length),
  ];
  world.out(`\n${line('GROUP', 'COORDINATOR (ID)', titles)}\n${line(group.groupId, coordinator, row)}`);
}
