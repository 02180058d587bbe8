import { findCoordinator } from '../../../src/protocol/messages/010-find-coordinator.ts';
import { describeCluster } from '../../../src/protocol/messages/060-describe-cluster.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';

const plain = { includeClusterAuthorizedOperations: false, endpointType: 1, includeFencedBrokers: false };

/** FindCoordinator of every type and version; DescribeCluster (behaviours 15, 17). */
export const scenario: Scenario = {
  name: '13-find-coordinator',
  async run(side: Side) {
    const peer = side.peer();
    await ready(side, 0);
    for (const version of versionsOf(findCoordinator)) {
      for (const keyType of version === 0 ? [0] : [0, 7, -1]) {
        for (const name of [side.name('g'), '']) {
          const request =
            version < 4 ? { key: name, keyType, coordinatorKeys: [] } : { key: '', keyType, coordinatorKeys: [name] };
          await peer.call(`type ${keyType}, '${name === '' ? '' : 'g'}'`, findCoordinator, version, request);
        }
      }
    }
    await peer.call('no keys', findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: [] });
    await peer.call('two keys, and one of them again', findCoordinator, 4, {
      key: '',
      keyType: 0,
      coordinatorKeys: ['a', 'b', 'a'],
    });
    for (const version of versionsOf(describeCluster)) {
      for (const includeClusterAuthorizedOperations of [false, true]) {
        await peer.call('cluster', describeCluster, version, { ...plain, includeClusterAuthorizedOperations });
      }
      if (version > 0)
        await peer.call(
          'controllers',
          describeCluster,
          version,
          { ...plain, endpointType: 2 },
          { pick: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }) },
        );
      if (version > 0) await peer.call('endpoint type 7', describeCluster, version, { ...plain, endpointType: 7 });
    }
  },
};

/** Waits until the internal topic of a coordinator type is there. */
async function ready(side: Side, keyType: number): Promise<void> {
  const peer = side.peer();
  for (let tries = 0; tries < 200; tries++) {
    const answer = await peer.quiet(findCoordinator, 4, { key: '', keyType, coordinatorKeys: ['x'] });
    if (answer?.coordinators[0]?.errorCode === 0) return;
    await new Promise((done) => {
      setTimeout(done, 50);
    });
  }
  throw new Error('no coordinator');
}
