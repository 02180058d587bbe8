import { saslHandshake } from '../../../src/protocol/messages/017-sasl-handshake.ts';
import { describeAcls } from '../../../src/protocol/messages/029-describe-acls.ts';
import { createAcls } from '../../../src/protocol/messages/030-create-acls.ts';
import { deleteAcls } from '../../../src/protocol/messages/031-delete-acls.ts';
import { saslAuthenticate } from '../../../src/protocol/messages/036-sasl-authenticate.ts';
import { createDelegationToken } from '../../../src/protocol/messages/038-create-delegation-token.ts';
import { renewDelegationToken } from '../../../src/protocol/messages/039-renew-delegation-token.ts';
import { expireDelegationToken } from '../../../src/protocol/messages/040-expire-delegation-token.ts';
import { describeDelegationToken } from '../../../src/protocol/messages/041-describe-delegation-token.ts';
import { describeClientQuotas } from '../../../src/protocol/messages/048-describe-client-quotas.ts';
import { alterClientQuotas } from '../../../src/protocol/messages/049-alter-client-quotas.ts';
import { describeUserScramCredentials } from '../../../src/protocol/messages/050-describe-user-scram-credentials.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { settled } from '../topics.ts';

/** What is asked of security and quotas where none is set up. */
export const scenario: Scenario = {
  name: '23-security',
  async run(side: Side) {
    const peer = side.peer();
    await acls(peer);
    await tokens(peer);
    await sasl(side);
    await quotas(side, peer);
    for (const users of [
      null,
      [],
      [{ name: side.name('u') }],
      [{ name: '' }],
      [{ name: side.name('u') }, { name: side.name('u') }],
    ]) {
      await peer.call('scram users', describeUserScramCredentials, 0, { users });
    }
  },
};

async function acls(peer: Peer): Promise<void> {
  const filter = {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  };
  const creation = {
    resourceType: 2,
    resourceName: 'x',
    resourcePatternType: 3,
    principal: 'User:x',
    host: '*',
    operation: 3,
    permissionType: 3,
  };
  for (const version of versionsOf(describeAcls)) {
    await peer.call('describe', describeAcls, version, filter);
    await peer.call('create', createAcls, version, { creations: [creation] });
    await peer.call('delete', deleteAcls, version, { filters: [filter] });
    await peer.call('create none', createAcls, version, { creations: [] });
    await peer.call('delete none', deleteAcls, version, { filters: [] });
  }
}

async function tokens(peer: Peer): Promise<void> {
  for (const version of versionsOf(createDelegationToken)) {
    const owner =
      version >= 3
        ? { ownerPrincipalType: null, ownerPrincipalName: null }
        : { ownerPrincipalType: '', ownerPrincipalName: '' };
    await peer.call('create', createDelegationToken, version, { ...owner, renewers: [], maxLifetimeMs: -1 });
    await peer.call('describe', describeDelegationToken, version, { owners: null });
  }
  for (const version of versionsOf(renewDelegationToken)) {
    await peer.call('renew', renewDelegationToken, version, { hmac: Buffer.from('x'), renewPeriodMs: -1 });
    await peer.call('expire', expireDelegationToken, version, { hmac: Buffer.from('x'), expiryTimePeriodMs: -1 });
  }
}

async function sasl(side: Side): Promise<void> {
  for (const version of versionsOf(saslHandshake))
    await side.peer().call('handshake', saslHandshake, version, { mechanism: 'PLAIN' });
  for (const version of versionsOf(saslAuthenticate))
    await side.peer().call('authenticate', saslAuthenticate, version, { authBytes: Buffer.from('x') });
}

async function quotas(side: Side, peer: Peer): Promise<void> {
  const user = { entityType: 'user', entityName: side.name('u') };
  const entry = (
    key: string,
    value: number,
    remove = false,
    entity = [user],
  ): {
    entity: { entityType: string; entityName: string | null }[];
    ops: { key: string; value: number; remove: boolean }[];
  } => ({ entity, ops: [{ key, value, remove }] });
  for (const version of versionsOf(alterClientQuotas)) {
    const alter = async (label: string, entries: ReturnType<typeof entry>[], validateOnly = false): Promise<void> => {
      await peer.call(label, alterClientQuotas, version, { entries, validateOnly });
    };
    const describe = async (
      label: string,
      matchType: number,
      match: string | null,
      entityType = 'user',
      strict = false,
    ): Promise<void> => {
      await peer.call(label, describeClientQuotas, version, { components: [{ entityType, matchType, match }], strict });
    };
    await alter('set', [entry('producer_byte_rate', 1_000_000)]);
    await alter('validate only', [entry('consumer_byte_rate', 5)], true);
    await alter('unknown key', [entry('foo', 5)]);
    await alter('negative', [entry('producer_byte_rate', -1)]);
    await alter('zero', [entry('producer_byte_rate', 0)]);
    await alter('a fraction', [entry('producer_byte_rate', 1.5)]);
    await alter('unknown entity', [entry('producer_byte_rate', 5, false, [{ entityType: 'foo', entityName: 'x' }])]);
    await alter('no entity', [entry('producer_byte_rate', 5, false, [])]);
    await alter('ip with a byte rate', [
      entry('producer_byte_rate', 5, false, [{ entityType: 'ip', entityName: '1.2.3.4' }]),
    ]);
    await alter('nothing', []);
    await settled(side);
    await describe('exact', 0, user.entityName);
    await describe('exact, strict', 0, user.entityName, 'user', true);
    await describe('default', 1, null);
    await describe('exact without a name', 0, null);
    await describe('unknown match type', 7, 'x');
    await describe('unknown entity type', 0, 'x', 'foo');
    await alter('remove', [entry('producer_byte_rate', 0, true)]);
    await settled(side);
    await describe('removed', 0, user.entityName);
    await alter('remove again', [entry('producer_byte_rate', 0, true)]);
  }
}
