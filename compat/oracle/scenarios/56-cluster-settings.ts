import { describeConfigs } from '../../../src/protocol/messages/032-describe-configs.ts';
import { alterReplicaLogDirs } from '../../../src/protocol/messages/034-alter-replica-log-dirs.ts';
import { describeLogDirs } from '../../../src/protocol/messages/035-describe-log-dirs.ts';
import { incrementalAlterConfigs } from '../../../src/protocol/messages/044-incremental-alter-configs.ts';
import { unregisterBroker } from '../../../src/protocol/messages/064-unregister-broker.ts';
import { listConfigResources } from '../../../src/protocol/messages/074-list-config-resources.ts';
import { put, someBatch } from '../batches.ts';
import { eventually } from '../in-cluster.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic } from '../topics.ts';

const BROKER = 4;
const SET = 0;
const DELETE = 1;
const NAME = 'message.max.bytes';
const CHANGED = '2000013';
const CHANGED_FOR_ALL = '3000013';

/** Settings and directories of one broker, asked of another. */
export const scenario: Scenario = {
  name: '56-cluster-settings',
  brokers: 3,
  async run(side: Side) {
    await settings(side);
    await directories(side);
    await side.peer().call('unregister one that is not there', unregisterBroker, 0, { brokerId: 7 });
  },
};

async function settings(side: Side): Promise<void> {
  const peers = side.brokers.map((id) => side.peer('oracle', id));
  const [first, second] = peers as [Peer, Peer];
  const show = async (label: string): Promise<void> => {
    for (const [index, peer] of peers.entries()) {
      for (const resourceName of ['', '1', '2', '9', 'x', '-1'])
        await peer.call(`${label}, ${resourceName} of ${index + 1}`, describeConfigs, 4, {
          resources: [{ resourceType: BROKER, resourceName, configurationKeys: [NAME] }],
          includeSynonyms: true,
        });
    }
  };
  const alter = async (
    label: string,
    resourceName: string,
    value: string | null,
    options: { peer?: Peer; isOnlyAsked?: boolean } = {},
  ): Promise<void> => {
    const { peer = first, isOnlyAsked = false } = options;
    const configs = [{ name: NAME, configOperation: value === null ? DELETE : SET, value }];
    const resources = [{ resourceType: BROKER, resourceName, configs }];
    await peer.call(`${label}, to be asked`, incrementalAlterConfigs, 1, { resources, validateOnly: true });
    if (!isOnlyAsked) await peer.call(label, incrementalAlterConfigs, 1, { resources, validateOnly: false });
  };
  await show('as started');
  await alter('by way of another', '2', CHANGED, { isOnlyAsked: true });
  await alter('itself', '2', CHANGED, { peer: second });
  await untilSet(second, '2', CHANGED);
  await alter('one that is not there', '9', CHANGED);
  await alter('no broker', 'x', CHANGED);

  await show('with one of its own');
  await alter('all', '', CHANGED_FOR_ALL);
  for (const [index, peer] of peers.entries()) {
    await untilSet(peer, String(index + 1), index === 1 ? CHANGED : CHANGED_FOR_ALL);
    await untilSet(peer, '', CHANGED_FOR_ALL);
  }
  await show('with one of all');
  await first.call('resources', listConfigResources, 1, { resourceTypes: [BROKER] });
  await alter('itself, back', '2', null, { peer: second });
  await alter('all, back', '', null);
  for (const [index, peer] of peers.entries()) await untilSet(peer, String(index + 1), '1048588');
}

async function untilSet(peer: Peer, resourceName: string, value: string): Promise<void> {
  await eventually(`${NAME} ${value} at broker ${resourceName}`, async () => {
    const resources = [{ resourceType: BROKER, resourceName, configurationKeys: [NAME] }];
    const answer = await peer.quiet(describeConfigs, 4, { resources, includeSynonyms: false });
    return answer?.results[0]?.configs[0]?.value === value;
  });
}

async function directories(side: Side): Promise<void> {
  const topic = await createTopic(side, 'kept', { replicas: [[1, 2]] });
  await put(side.peer(), topic, someBatch(3));
  const topics = [{ topic: topic.name, partitions: [0] }];
  await eventually('the follower has it', async () => {
    const answer = await side.peer('oracle', 2).quiet(describeLogDirs, 4, { topics });
    return (answer?.results[0]?.topics[0]?.partitions[0]?.partitionSize ?? 0) > 0;
  });
  for (const id of side.brokers) {
    const peer = side.peer('oracle', id);
    for (const version of versionsOf(describeLogDirs))
      await peer.call(`of broker ${id}`, describeLogDirs, version, { topics });
    const dirs = [{ path: '/does/not/exist', topics: [{ name: topic.name, partitions: [0] }] }];
    await peer.call(`moved at broker ${id}`, alterReplicaLogDirs, 2, { dirs });
  }
}
