import { describeConfigs } from '../../../src/protocol/messages/032-describe-configs.ts';
import { alterConfigs } from '../../../src/protocol/messages/033-alter-configs.ts';
import { incrementalAlterConfigs } from '../../../src/protocol/messages/044-incremental-alter-configs.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, settled } from '../topics.ts';

/** Kafka has min.insync.replicas set for the cluster from its formatting on, for its eligible leader replicas. */
const CLUSTER_DEFAULT = 3;
const TOPIC = 2;
const BROKER = 4;
const GROUP = 32;
const Op = { set: 0, remove: 1, append: 2, subtract: 3 } as const;

type Change = readonly [operation: number, name: string, value: string | null];

/** AlterConfigs and IncrementalAlterConfigs: operations, validation, several resources, and what is set afterwards (behaviour 90). */
export const scenario: Scenario = {
  name: '20-alter-configs',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 't', { configs: { 'retention.ms': '1000' } });
    await operations(side, peer, topic.name);
    await wrongValues(side, peer, topic.name);
    await wrongResources(side, peer, topic.name);
    await replacing(side, peer, topic.name);
    await ofBroker(peer);
    await ofGroup(side, peer);
  },
};

async function alter(
  peer: Peer,
  label: string,
  type: number,
  name: string,
  changes: readonly Change[],
  options: { version?: number; validateOnly?: boolean } = {},
): Promise<void> {
  const { version = 1, validateOnly = false } = options;
  const configs = changes.map(([configOperation, key, value]) => ({ configOperation, name: key, value }));
  await peer.call(label, incrementalAlterConfigs, version, {
    resources: [{ resourceType: type, resourceName: name, configs }],
    validateOnly,
  });
}

async function show(side: Side, peer: Peer, label: string, type: number, name: string): Promise<void> {
  await settled(side);
  const resources = [{ resourceType: type, resourceName: name, configurationKeys: null }];
  await peer.call(
    label,
    describeConfigs,
    4,
    { resources, includeSynonyms: true },
    {
      pick: ({ results }) =>
        results.map(({ configs, ...result }) => ({
          ...result,
          configs: configs
            .filter(({ configSource }) => [1, 2, 3, 8].includes(configSource) && type !== BROKER)
            .filter(({ name: key, configSource }) => key !== 'min.insync.replicas' || configSource !== CLUSTER_DEFAULT)
            .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        })),
    },
  );
}

async function operations(side: Side, peer: Peer, topic: string): Promise<void> {
  for (const version of versionsOf(incrementalAlterConfigs)) {
    await alter(peer, 'set', TOPIC, topic, [[Op.set, 'segment.bytes', '2000000']], { version });
    await alter(
      peer,
      'set two',
      TOPIC,
      topic,
      [
        [Op.set, 'segment.ms', '5000'],
        [Op.set, 'retention.bytes', '7'],
      ],
      { version },
    );
    await alter(peer, 'validate only', TOPIC, topic, [[Op.set, 'segment.ms', '6000']], { version, validateOnly: true });
    await alter(peer, 'remove', TOPIC, topic, [[Op.remove, 'retention.bytes', null]], { version });
    await alter(peer, 'remove what is not set', TOPIC, topic, [[Op.remove, 'flush.ms', null]], { version });
    await alter(peer, 'remove with a value', TOPIC, topic, [[Op.remove, 'segment.ms', '1']], { version });
    await alter(peer, 'append', TOPIC, topic, [[Op.append, 'cleanup.policy', 'compact']], { version });
    await alter(peer, 'append again', TOPIC, topic, [[Op.append, 'cleanup.policy', 'compact']], { version });
    await alter(peer, 'subtract', TOPIC, topic, [[Op.subtract, 'cleanup.policy', 'delete']], { version });
    await alter(peer, 'subtract what is not there', TOPIC, topic, [[Op.subtract, 'cleanup.policy', 'delete']], {
      version,
    });
    await show(side, peer, 'what is set', TOPIC, topic);
    await alter(peer, 'subtract the last', TOPIC, topic, [[Op.subtract, 'cleanup.policy', 'compact']], { version });
    await show(side, peer, 'what is set then', TOPIC, topic);
    await alter(peer, 'nothing', TOPIC, topic, [], { version });
  }
}

async function wrongValues(side: Side, peer: Peer, topic: string): Promise<void> {
  const changes: readonly Change[] = [
    [Op.set, 'foo', '1'],
    [Op.remove, 'foo', null],
    [Op.append, 'foo', '1'],
    [Op.set, '', '1'],
    [Op.set, 'retention.ms', 'abc'],
    [Op.set, 'retention.ms', null],
    [Op.set, 'retention.ms', ''],
    [Op.set, 'segment.bytes', '5'],
    [Op.append, 'retention.ms', '5'],
    [Op.subtract, 'retention.ms', '5'],
    [Op.append, 'cleanup.policy', 'shred'],
    [Op.append, 'cleanup.policy', null],
    [4, 'retention.ms', '5'],
    [-1, 'retention.ms', '5'],
    [Op.set, 'min.insync.replicas', '0'],
    [Op.set, 'max.message.bytes', '-1'],
    [Op.set, 'remote.storage.enable', 'true'],
  ];
  for (const change of changes) {
    for (const validateOnly of [true, false])
      await alter(peer, `${change.join(' ')}, validateOnly ${validateOnly}`, TOPIC, topic, [change], { validateOnly });
  }
  await alter(peer, 'a key twice', TOPIC, topic, [
    [Op.set, 'segment.ms', '1'],
    [Op.set, 'segment.ms', '2'],
  ]);
  await alter(peer, 'set and remove', TOPIC, topic, [
    [Op.set, 'segment.ms', '1'],
    [Op.remove, 'segment.ms', null],
  ]);
  await alter(peer, 'one right, one wrong', TOPIC, topic, [
    [Op.set, 'segment.ms', '777'],
    [Op.set, 'retention.ms', 'x'],
  ]);
  await show(side, peer, 'nothing of that is set', TOPIC, topic);
}

async function wrongResources(side: Side, peer: Peer, topic: string): Promise<void> {
  const change: Change = [Op.set, 'segment.ms', '1'];
  await alter(peer, 'unknown topic', TOPIC, side.name('none'), [change]);
  await alter(peer, 'a wrong name', TOPIC, 'a/b', [change]);
  await alter(peer, 'an empty name', TOPIC, '', [change]);
  await alter(peer, 'unknown type', 77, 'x', [change]);
  await alter(peer, 'type zero', 0, 'x', [change]);
  const configs = [{ name: 'segment.ms', configOperation: 0, value: '1' }];
  const resource = { resourceType: TOPIC, resourceName: topic, configs };
  await peer.call('a resource twice', incrementalAlterConfigs, 1, {
    resources: [resource, resource],
    validateOnly: false,
  });
  await peer.call(
    'one topic known, one not',
    incrementalAlterConfigs,
    1,
    { resources: [resource, { ...resource, resourceName: side.name('none') }], validateOnly: false },
    {
      pick: ({ responses }) => responses.toSorted((a, b) => a.errorCode - b.errorCode),
    },
  );
  await peer.call('no resources', incrementalAlterConfigs, 1, { resources: [], validateOnly: false });
}

/** AlterConfigs replaces everything that is set. */
async function replacing(side: Side, peer: Peer, topic: string): Promise<void> {
  for (const version of versionsOf(alterConfigs)) {
    const replace = async (
      label: string,
      name: string,
      values: Readonly<Record<string, string | null>>,
      validateOnly = false,
    ): Promise<void> => {
      const configs = Object.entries(values).map(([key, value]) => ({ name: key, value }));
      await peer.call(label, alterConfigs, version, {
        resources: [{ resourceType: TOPIC, resourceName: name, configs }],
        validateOnly,
      });
    };
    await replace('two', topic, { 'retention.ms': '5', 'segment.ms': '6' });
    await show(side, peer, 'two are set', TOPIC, topic);
    await replace('one of them', topic, { 'retention.ms': '5' });
    await replace('validate only', topic, {}, true);
    await show(side, peer, 'one is set', TOPIC, topic);
    await replace('a wrong value', topic, { 'retention.ms': 'x' });
    await replace('an unknown name', topic, { foo: '1' });
    await replace('a null', topic, { 'retention.ms': null });
    await replace('unknown topic', side.name('none'), {});
    await replace('none', topic, {});
    await show(side, peer, 'none is set', TOPIC, topic);
  }
}

/** Broker settings are the whole broker's: only ones that no other scenario minds, and set back at the end. */
async function ofBroker(peer: Peer): Promise<void> {
  for (const name of ['1', '']) {
    const label = name === '' ? 'cluster default' : 'broker';
    await alter(peer, `${label}: set`, BROKER, name, [[Op.set, 'log.cleaner.backoff.ms', '2']]);
    await alter(peer, `${label}: a static setting`, BROKER, name, [[Op.set, 'broker.rack', 'x']]);
    await alter(peer, `${label}: an unknown one`, BROKER, name, [[Op.set, 'foo', 'x']], { validateOnly: true });
    await alter(peer, `${label}: a wrong value`, BROKER, name, [[Op.set, 'log.cleaner.backoff.ms', 'x']]);
    await alter(peer, `${label}: out of range`, BROKER, name, [[Op.set, 'log.cleaner.backoff.ms', '-1']]);
    await alter(peer, `${label}: for one broker only`, BROKER, name, [[Op.set, 'ssl.keystore.type', 'JKS']], {
      validateOnly: true,
    });
    await alter(peer, `${label}: remove`, BROKER, name, [[Op.remove, 'log.cleaner.backoff.ms', null]]);
  }
  await alter(peer, 'another broker', BROKER, '7', [[Op.set, 'log.cleaner.backoff.ms', '2']]);
  await alter(peer, 'no broker', BROKER, 'x', [[Op.set, 'log.cleaner.backoff.ms', '2']]);
}

async function ofGroup(side: Side, peer: Peer): Promise<void> {
  const group = side.name('g');
  await alter(peer, 'group: set', GROUP, group, [[Op.set, 'consumer.session.timeout.ms', '50000']]);
  await show(side, peer, 'group: what is set', GROUP, group);
  await alter(peer, 'group: out of the broker’s range', GROUP, group, [[Op.set, 'consumer.session.timeout.ms', '5']]);
  await alter(peer, 'group: unknown', GROUP, group, [[Op.set, 'foo', '5']]);
  await alter(peer, 'group: empty name', GROUP, '', [[Op.set, 'consumer.session.timeout.ms', '50000']]);
  await alter(peer, 'group: remove', GROUP, group, [[Op.remove, 'consumer.session.timeout.ms', null]]);
}
