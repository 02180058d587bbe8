import type { ClientQuota } from '../../../../src/client/admin/client-quotas.ts';
import type { AdminScenario } from '../side.ts';

function has(count: number): (quotas: readonly ClientQuota[]) => boolean {
  return ([first]) => first?.quotas.size === count;
}

export const securityScenarios: readonly AdminScenario[] = [
  {
    name: 'client quotas',
    async run(side) {
      const { admin } = side;
      const entity = { user: side.name('u'), 'client-id': side.name('c') };
      const filter = [
        { type: 'user', match: { name: entity.user } },
        { type: 'client-id', match: 'any' },
      ] as const;
      const set = [{ entity, quotas: { producer_byte_rate: 1000, consumer_byte_rate: 2000 } }];
      await side.step('validate', () => admin.alterClientQuotas(set, { validateOnly: true }));
      await side.step('none', () => admin.describeClientQuotas(filter));
      await side.step('set', () => admin.alterClientQuotas(set));
      await side.step('describe', () => side.until(() => admin.describeClientQuotas(filter, { strict: true }), has(2)));
      await side.step('remove', () => admin.alterClientQuotas([{ entity, quotas: { producer_byte_rate: null } }]));
      await side.step('left', () => side.until(() => admin.describeClientQuotas(filter), has(1)));
      await side.step('fraction', () => admin.alterClientQuotas([{ entity, quotas: { consumer_byte_rate: 0.5 } }]));
      await side.step('unknown quota', () => admin.alterClientQuotas([{ entity, quotas: { speed: 1 } }]));
      await side.step('gone', () => admin.alterClientQuotas([{ entity, quotas: { consumer_byte_rate: null } }]));
    },
  },
  {
    name: 'ACLs without an authorizer',
    async run(side) {
      const { admin } = side;
      const acl = {
        resourceType: 'topic',
        resourceName: side.name('t'),
        patternType: 'prefixed',
        principal: 'User:alice',
        operation: 'read',
        permission: 'allow',
      } as const;
      await side.step('create', () => admin.createAcls([acl]));
      await side.step('describe', () => admin.describeAcls({ resourceType: 'topic' }));
      await side.step('delete', () => admin.deleteAcls([{ principal: 'User:alice' }]));
    },
  },
  {
    name: 'SCRAM credentials',
    async run(side) {
      const { admin } = side;
      const user = side.name('u');
      await side.step('unknown', () => admin.describeScramCredentials([user]));
      const password = { user, mechanism: 'SCRAM-SHA-256', password: 'secret', iterations: 8192 } as const;
      await side.step('set', () => admin.alterScramCredentials([password]));
      await side.step('describe', () => admin.describeScramCredentials([user]));
      const missing = { user, mechanism: 'SCRAM-SHA-512', delete: true } as const;
      await side.step('delete what is not there', () => admin.alterScramCredentials([missing]));
      await side.step('delete', () =>
        admin.alterScramCredentials([{ user, mechanism: 'SCRAM-SHA-256', delete: true }]),
      );
      await side.step('deleted', () => admin.describeScramCredentials([user]));
    },
  },
  {
    name: 'delegation tokens that are off',
    async run(side) {
      const { admin } = side;
      await side.step('create', () => admin.createDelegationToken());
      await side.step('create for another', () =>
        admin.createDelegationToken({ owner: { type: 'User', name: 'bob' }, maxLifetimeMs: 1000 }),
      );
      await side.step('describe', () => admin.describeDelegationTokens());
      await side.step('renew', () => admin.renewDelegationToken(Buffer.from('ab'), 1000));
      await side.step('expire', () => admin.expireDelegationToken(Buffer.from('ab')));
    },
  },
];
