import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valuesOf } from '../../../src/client/admin/results.ts';
import { adminFor, codeOf, valueOf } from './admin-world.ts';

const topic = { type: 'topic', name: 'a' } as const;

test('settings are described with synonyms and documentation, set, appended to, subtracted from and deleted', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a' }]));
  const set = [
    { name: 'retention.ms', operation: 'set', value: '1000' },
    { name: 'cleanup.policy', operation: 'append', value: 'compact' },
  ] as const;
  valuesOf(await admin.alterConfigs([{ ...topic, changes: set }], { validateOnly: true }));
  const options = { keys: ['retention.ms', 'cleanup.policy'], includeSynonyms: true, includeDocumentation: true };
  const before = valueOf((await admin.describeConfigs([topic], options)).get('topic:a'));
  assert.equal(before.get('retention.ms')?.source, 'default');
  valuesOf(await admin.alterConfigs([{ ...topic, changes: set }]));
  const after = valueOf((await admin.describeConfigs([topic], options)).get('topic:a'));
  const retention = after.get('retention.ms');
  assert.deepEqual([retention?.value, retention?.source, retention?.type], ['1000', 'dynamic-topic', 'long']);
  assert.equal(retention?.synonyms[0]?.name, 'retention.ms');
  assert.ok((retention?.documentation ?? '') !== '');
  assert.equal(after.get('cleanup.policy')?.value, 'delete,compact');
  const back = [
    { name: 'retention.ms', operation: 'delete' },
    { name: 'cleanup.policy', operation: 'subtract', value: 'delete' },
  ] as const;
  valuesOf(await admin.alterConfigs([{ ...topic, changes: back }]));
  const last = valueOf((await admin.describeConfigs([topic], options)).get('topic:a'));
  assert.equal(last.get('retention.ms')?.source, 'default');
  assert.equal(last.get('cleanup.policy')?.value, 'compact');
});

test('all kinds of resources have configuration, each asked where it belongs', async (context) => {
  const { admin } = await adminFor(context);
  const group = { type: 'group', name: 'g' } as const;
  const changes = [{ name: 'consumer.session.timeout.ms', operation: 'set', value: '50000' }] as const;
  valuesOf(await admin.alterConfigs([{ ...group, changes }]));
  const resources = [group, { type: 'broker', name: '1' }, { type: 'broker', name: '' }, topic] as const;
  const results = await admin.describeConfigs(resources);
  assert.equal(valueOf(results.get('group:g')).get('consumer.session.timeout.ms')?.value, '50000');
  assert.equal(valueOf(results.get('broker:1')).get('node.id')?.isReadOnly, true);
  assert.equal(codeOf(results.get('broker:')), 'ok');
  assert.equal(codeOf(results.get('topic:a')), 'UNKNOWN_TOPIC_OR_PARTITION');
  assert.deepEqual(await admin.listConfigResources(['group']), [group]);
});

test('changes that cannot be are refused here, bad values by the broker', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a' }]));
  const change = { name: 'retention.ms', operation: 'set' } as const;
  await assert.rejects(
    admin.alterConfigs([{ ...topic, changes: [change] }]),
    /set retention.ms of topic:a needs a value/,
  );
  const odd = [{ name: 'x', operation: 'delete', value: '1' }] as const;
  await assert.rejects(admin.alterConfigs([{ ...topic, changes: odd }]), /x of topic:a is deleted and has a value/);
  await assert.rejects(admin.describeConfigs([{ type: 'broker', name: 'one' }]), /broker is "one"; the id/);
  await assert.rejects(admin.describeConfigs([topic, topic]), /topic:a is named twice/);
  const bad = await admin.alterConfigs([{ ...topic, changes: [{ ...change, value: 'soon' }] }]);
  assert.equal(codeOf(bad.get('topic:a')), 'INVALID_CONFIG');
});
