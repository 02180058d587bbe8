import { updateFeatures } from '../../../src/protocol/messages/057-update-features.ts';
import { describeTransactions } from '../../../src/protocol/messages/065-describe-transactions.ts';
import { listTransactions } from '../../../src/protocol/messages/066-list-transactions.ts';
import { unregisterBroker } from '../../../src/protocol/messages/064-unregister-broker.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';

/** Questions about the cluster as a whole. */
export const scenario: Scenario = {
  name: '24-cluster',
  async run(side: Side) {
    const peer = side.peer();
    for (const version of versionsOf(updateFeatures)) {
      const update = async (
        label: string,
        feature: string,
        maxVersionLevel: number,
        upgradeType = 1,
      ): Promise<void> => {
        const kind = version === 0 ? { allowDowngrade: upgradeType !== 1 } : { allowDowngrade: false, upgradeType };
        const featureUpdates = [{ feature, maxVersionLevel, ...kind }];
        await peer.call(label, updateFeatures, version, { timeoutMs: 5000, featureUpdates, validateOnly: version > 0 });
      };
      await update('to the same level', 'group.version', 1);
      await update('unknown feature', 'foo', 1);
      await update('too high', 'group.version', 77);
      await update('negative', 'group.version', -1);
      await peer.call('nothing', updateFeatures, version, {
        timeoutMs: 5000,
        featureUpdates: [],
        validateOnly: version > 0,
      });
    }
    await peer.call('unregister an unknown broker', unregisterBroker, 0, { brokerId: 777 });
    for (const version of versionsOf(listTransactions)) {
      const request = {
        stateFilters: [],
        producerIdFilters: [],
        transactionalIdPattern: version >= 2 ? side.name('x') : null,
      };
      await peer.call('transactions', listTransactions, version, request, {
        pick: ({ errorCode, unknownStateFilters }) => ({ errorCode, unknownStateFilters }),
      });
      await peer.call('transactions in an unknown state', listTransactions, version, {
        ...request,
        stateFilters: ['Foo'],
      });
    }
    await peer.call('unknown transaction', describeTransactions, 0, { transactionalIds: [side.name('x')] });
    await peer.call('no transactions', describeTransactions, 0, { transactionalIds: [] });
  },
};
