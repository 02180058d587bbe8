import { createTopics } from '../../../src/protocol/messages/019-create-topics.ts';
import type { Read } from '../../../src/protocol/schema.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { newTopic, type NewTopic } from '../topics.ts';

type Answer = Read<typeof createTopics.response.fields>;

/** The answer without the whole list of settings: the names of changed ones are enough where the list is not the point. */
function brief(answer: Answer): unknown {
  return answer.topics
    .map((topic) => ({ ...topic, configs: topic.configs?.filter(({ configSource }) => configSource === 1) ?? null }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** CreateTopics: every version, and each reason to refuse with its code and text (behaviour 18). */
export const scenario: Scenario = {
  name: '03-create-topics',
  async run(side: Side) {
    const peer = side.peer();
    for (const version of versionsOf(createTopics)) await oneVersion(side, peer, version);
    await peer.call(
      'all settings of a new topic',
      createTopics,
      7,
      { topics: [newTopic(side.name('whole'))], validateOnly: true },
      {
        pick: ({ topics }) => topics.map(({ configs, ...topic }) => ({ ...topic, configs: byName(configs ?? []) })),
      },
    );
    await refusedCounts(side, peer);
    await refusedNames(side, peer);
    await refusedAssignments(side, peer);
    await refusedConfigs(side, peer);
  },
};

function byName(configs: NonNullable<Answer['topics'][number]['configs']>): unknown {
  return Object.fromEntries(configs.map(({ name, ...config }) => [name, config]));
}

async function oneVersion(side: Side, peer: Peer, version: number): Promise<void> {
  const name = side.name(`v${version}`);
  const configs = [{ name: 'retention.ms', value: '1000' }];
  const both = [newTopic(name, { numPartitions: 2, configs }), newTopic(side.name('bad/name'))];
  await peer.call('validate only', createTopics, version, { topics: both, validateOnly: true }, { pick: brief });
  await peer.call('create', createTopics, version, { topics: both }, { pick: brief });
  await peer.call('exists', createTopics, version, { topics: [newTopic(name)] }, { pick: brief });
  await peer.call(
    'exists, validate only',
    createTopics,
    version,
    { topics: [newTopic(name)], validateOnly: true },
    { pick: brief },
  );
  await peer.call('no topics', createTopics, version, { topics: [] });
  await peer.call(
    'the same twice',
    createTopics,
    version,
    { topics: [newTopic(side.name('twice')), newTopic(side.name('twice'))] },
    { pick: brief },
  );
  if (version < 4) return;
  const defaults = newTopic(side.name(`defaults-${version}`), { numPartitions: -1, replicationFactor: -1 });
  await peer.call('counts of the broker', createTopics, version, { topics: [defaults] }, { pick: brief });
}

/** Sends one wrong topic at a time: a real creation and a validation must say the same. */
async function refused(peer: Peer, label: string, topic: NewTopic): Promise<void> {
  for (const validateOnly of [true, false]) {
    await peer.call(
      `${label}, validateOnly ${validateOnly}`,
      createTopics,
      7,
      { topics: [topic], validateOnly },
      { pick: brief },
    );
  }
}

async function refusedCounts(side: Side, peer: Peer): Promise<void> {
  const name = side.name('counts');
  for (const numPartitions of [0, -2, -2147483648])
    await refused(peer, `${numPartitions} partitions`, newTopic(name, { numPartitions }));
  for (const replicationFactor of [0, -2, 2, 9, 32767]) {
    await refused(peer, `replication ${replicationFactor}`, newTopic(name, { replicationFactor }));
  }
  await refused(peer, 'both wrong', newTopic(name, { numPartitions: 0, replicationFactor: 9 }));
  await peer.call(
    'more partitions than sane',
    createTopics,
    7,
    { topics: [newTopic(name, { numPartitions: 100_001 })], validateOnly: true },
    { pick: brief },
  );
  await peer.call(
    'no time',
    createTopics,
    7,
    { topics: [newTopic(side.name('no-time'))], timeoutMs: 0 },
    { pick: () => 'any' },
  );
}

async function refusedNames(side: Side, peer: Peer): Promise<void> {
  for (const name of ['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)])
    await refused(peer, `name ${name.slice(0, 8)}`, newTopic(name));
  await peer.call('a name with dot', createTopics, 7, { topics: [newTopic(side.name('a.b'))] }, { pick: brief });
  await refused(peer, 'one that collides', newTopic(side.name('a_b')));
  await refused(peer, 'longest name', newTopic(side.name('l'.repeat(249 - side.name('').length))));
}

async function refusedAssignments(side: Side, peer: Peer): Promise<void> {
  const name = side.name('assigned');
  const assigned = (assignments: NewTopic['assignments'], options: Partial<NewTopic> = {}): NewTopic =>
    newTopic(name, { numPartitions: -1, replicationFactor: -1, assignments, ...options });
  const zero = { partitionIndex: 0, brokerIds: [1] };
  await refused(peer, 'counts and assignment', assigned([zero], { numPartitions: 1 }));
  await refused(peer, 'replication and assignment', assigned([zero], { replicationFactor: 1 }));
  await refused(peer, 'unknown broker', assigned([{ partitionIndex: 0, brokerIds: [7777] }]));
  await refused(peer, 'a broker twice', assigned([{ partitionIndex: 0, brokerIds: [1, 1] }]));
  await refused(peer, 'a partition twice', assigned([zero, zero]));
  await refused(peer, 'a gap', assigned([zero, { partitionIndex: 2, brokerIds: [1] }]));
  await refused(peer, 'not from zero', assigned([{ partitionIndex: 1, brokerIds: [1] }]));
  await refused(peer, 'a negative partition', assigned([{ partitionIndex: -1, brokerIds: [1] }]));
  await refused(peer, 'no replicas', assigned([{ partitionIndex: 0, brokerIds: [] }]));
  await refused(peer, 'uneven replication', assigned([zero, { partitionIndex: 1, brokerIds: [1, 2] }]));
  await peer.call(
    'assigned',
    createTopics,
    7,
    { topics: [assigned([{ partitionIndex: 1, brokerIds: [1] }, zero])] },
    { pick: brief },
  );
}

async function refusedConfigs(side: Side, peer: Peer): Promise<void> {
  const configs: readonly (readonly [string, string | null])[] = [
    ['foo', '1'],
    ['', '1'],
    ['retention.ms', 'abc'],
    ['retention.ms', '-2'],
    ['retention.ms', ''],
    ['retention.ms', null],
    ['retention.ms', '1.5'],
    ['retention.ms', '9223372036854775808'],
    ['segment.bytes', '1'],
    ['segment.bytes', '2147483648'],
    ['cleanup.policy', 'shred'],
    ['cleanup.policy', 'compact,shred'],
    ['cleanup.policy', ''],
    ['cleanup.policy', 'compact, delete'],
    ['cleanup.policy', 'DELETE'],
    ['compression.type', 'brotli'],
    ['compression.type', 'GZIP'],
    ['compression.gzip.level', '99'],
    ['compression.lz4.level', '0'],
    ['compression.zstd.level', '23'],
    ['message.timestamp.type', 'createtime'],
    ['min.insync.replicas', '0'],
    ['min.insync.replicas', '5'],
    ['min.cleanable.dirty.ratio', '1.1'],
    ['min.cleanable.dirty.ratio', 'NaN'],
    ['preallocate', 'yes'],
    ['preallocate', 'TRUE'],
    ['unclean.leader.election.enable', ''],
    ['max.message.bytes', '-1'],
    ['max.compaction.lag.ms', '0'],
    ['remote.storage.enable', 'true'],
    ['local.retention.ms', '-3'],
    ['local.retention.ms', '604800001'],
    ['leader.replication.throttled.replicas', '*'],
    ['leader.replication.throttled.replicas', 'x'],
    ['leader.replication.throttled.replicas', '0:1'],
    ['message.format.version', '2.0'],
    ['message.downconversion.enable', 'true'],
    ['index.interval.bytes', '-1'],
    ['flush.messages', '0'],
  ];
  for (const [name, value] of configs) {
    const topic = newTopic(side.name('configs'), { configs: [{ name, value }] });
    await peer.call(
      `config ${name}=${value}`,
      createTopics,
      7,
      { topics: [topic], validateOnly: true },
      { pick: brief },
    );
  }
  const twice = newTopic(side.name('configs'), {
    configs: [
      { name: 'retention.ms', value: '1' },
      { name: 'retention.ms', value: '2' },
    ],
  });
  await peer.call('a config twice', createTopics, 7, { topics: [twice], validateOnly: true }, { pick: brief });
  const lag = [
    { name: 'min.compaction.lag.ms', value: '10' },
    { name: 'max.compaction.lag.ms', value: '5' },
  ];
  await peer.call(
    'lags that contradict',
    createTopics,
    7,
    { topics: [newTopic(side.name('configs'), { configs: lag })], validateOnly: true },
    { pick: brief },
  );
}
