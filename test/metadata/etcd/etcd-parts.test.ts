import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InvalidEtcdAddress, parseEtcdAddress } from '../../../src/metadata/etcd/etcd-endpoints.ts';
import { reasonOf, remedyOf, storeErrorOf } from '../../../src/metadata/etcd/etcd-fault.ts';
import { afterKey, afterPrefix, EtcdKeys } from '../../../src/metadata/etcd/etcd-keys.ts';
import { txnRequest, txnResult } from '../../../src/metadata/etcd/etcd-txn.ts';
import { methodCodec } from '../../../src/metadata/etcd/grpc.ts';
import { LeaseGone, StoreUnavailable } from '../../../src/metadata/metadata-store.ts';

suite('etcd: addresses', () => {
  test('members with and without port, IPv6, TLS', () => {
    assert.deepEqual(parseEtcdAddress('etcd://a:1,b,[::1]:3'), {
      endpoints: ['a:1', 'b:2379', '[::1]:3'],
      isTls: false,
    });
    assert.deepEqual(parseEtcdAddress('etcds://etcd.example.org/'), {
      endpoints: ['etcd.example.org:2379'],
      isTls: true,
    });
  });

  for (const text of ['http://a:1', 'etcd://', 'etcd://a:1,,b', 'etcd://a:99999', 'etcd://a b', 'etcd://a:0', 'a:1']) {
    test(`${text} is refused`, () => assert.throws(() => parseEtcdAddress(text), InvalidEtcdAddress));
  }

  test('more members than anyone has are refused', () => {
    assert.throws(
      () => parseEtcdAddress(`etcd://${Array.from({ length: 16 }, () => 'a').join(',')}`),
      InvalidEtcdAddress,
    );
  });
});

suite('etcd: keys and revisions', () => {
  test('keys lie under the name of the cluster; the base lies beside them', () => {
    const keys = new EtcdKeys('one', 0);
    assert.equal(String(keys.key('t/x')), '/ph/one/t/x');
    assert.equal(keys.nameOf(keys.key('t/é')), 't/é');
    const { key, range_end } = keys.prefix('');
    assert.deepEqual([String(key), String(range_end)], ['/ph/one/', '/ph/one0']);
    assert.ok(EtcdKeys.baseKey('one').compare(key) < 0, 'not in the range');
    assert.equal(String(afterPrefix(Buffer.from('a'))), 'b');
    assert.deepEqual(afterKey(Buffer.from('a')), Buffer.from('a\0'));
  });

  test('a base raises revisions, and what was before it is never there', () => {
    const keys = new EtcdKeys('one', 1000);
    assert.equal(keys.revision('7'), 1007);
    assert.equal(keys.etcdRevision(1007), '7');
    assert.equal(keys.etcdRevision(0), '0', 'no such key');
    for (const revision of [1, 999, 1000]) assert.equal(keys.etcdRevision(revision), '-1');
  });
});

suite('etcd: transactions', () => {
  const keys = new EtcdKeys('c', 0);

  test('reads go before writes, so that they show what was before', () => {
    const request = txnRequest(
      {
        compares: [
          { key: 'a', createRevision: 0 },
          { key: 'b', modRevision: 5 },
        ],
        onSuccess: [
          { type: 'put', key: 'a', value: 'v', lease: '9' },
          { type: 'get', key: 'a' },
          { type: 'delete', key: 'b' },
        ],
      },
      keys,
    );
    assert.deepEqual(request, {
      compare: [
        { result: 0, target: 1, key: keys.key('a'), create_revision: '0' },
        { result: 0, target: 2, key: keys.key('b'), mod_revision: '5' },
      ],
      success: [
        { request_range: { key: keys.key('a') } },
        { request_put: { key: keys.key('a'), value: Buffer.from('v'), lease: '9' } },
        { request_delete_range: { key: keys.key('b') } },
      ],
      failure: [],
    });
  });

  test('messages keep 64-bit numbers exact, and answers come back as they were', () => {
    const codec = methodCodec('Lease.LeaseGrant');
    assert.equal(codec.requestSerialize({ TTL: '6', ID: '0' }).toString('hex'), '0806');
    const answer = codec.responseDeserialize(Buffer.from('10ffffffffffffffff7f1806', 'hex'));
    assert.deepEqual(
      { ...answer, header: null, error: '' },
      { header: null, ID: '9223372036854775807', TTL: '6', error: '' },
    );
    const txn = methodCodec('KV.Txn').responseDeserialize(
      Buffer.from('0a02180710011a060a040a021807', 'hex'),
    ) as Parameters<typeof txnResult>[0];
    assert.deepEqual(txnResult(txn, keys), { succeeded: true, revision: 7, reads: [undefined] });
  });
});

suite('etcd: failures', () => {
  for (const [title, code, details, remedy, text] of [
    ['the lease is gone', 5, 'etcdserver: requested lease not found', 'lease gone', /lease/],
    ['history is compacted', 11, 'etcdserver: mvcc: required revision has been compacted', 'compacted', /compacted/],
    ['the token is too old', 16, 'etcdserver: invalid auth token', 'log in', /auth token/],
    ['the users changed', 3, 'etcdserver: revision of auth store is old', 'log in', /auth store/],
    ['the member has no leader', 14, 'etcdserver: no leader', 'ask another', /too few of its members/],
    ['it was never sent', 14, 'No connection established. Last error: refused', 'ask another', /refused/],
    ['the connection broke', 14, 'Connection dropped', 'unknown', /dropped/],
    ['no answer', 4, 'Deadline exceeded', 'unknown', /in time/],
    [
      'its leader was lost meanwhile',
      14,
      'etcdserver: request timed out, possibly due to previous leader failure',
      'unknown',
      /timed out/,
    ],
    ['its quota is used up', 8, 'etcdserver: mvcc: database space exceeded', 'unknown', /NOSPACE.*alarm disarm/],
    ['it wants a login', 3, 'etcdserver: user name is empty', 'unknown', /metadata\.store\.user/],
    [
      'the password is wrong',
      3,
      'etcdserver: authentication failed, invalid user ID or password',
      'unknown',
      /does not accept/,
    ],
    ['the user may not', 7, 'etcdserver: permission denied', 'unknown', /role/],
    ['another program listens there', 12, 'unknown service', 'unknown', /no etcd 3\.4/],
  ] as const) {
    test(title, () => {
      const error = Object.assign(new Error(details), { code, details });
      assert.equal(remedyOf(error), remedy);
      const told = storeErrorOf(error);
      assert.ok(told instanceof (remedy === 'lease gone' ? LeaseGone : StoreUnavailable));
      assert.match(told.message, text);
    });
  }
});

function because(reason: string, isTls: boolean): string {
  return reasonOf({ code: 14, details: `No connection established. Last error: ${reason}. Resolution note: ` }, isTls);
}

suite('etcd: why there is no connection', () => {
  for (const [reason, isTls, told] of [
    ['Error: connect ECONNREFUSED 127.0.0.1:2379', false, /^: connect ECONNREFUSED 127\.0\.0\.1:2379$/],
    ['Error: unable to verify the first certificate', true, /tls\.ca\.file names the authority/],
    [
      '80:error:0A:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:a.c:1 (2026-11-21T21:04:33.707Z)',
      true,
      /^: alert bad certificate; .*tls\.cert\.file/,
    ],
    [
      'Error: Client network socket disconnected before secure TLS connection was established',
      true,
      /begins with etcd:/,
    ],
    ['Failed to connect (2026-11-21T21:04:47.383Z)', false, /begins with etcds:/],
    ['Failed to connect (2026-11-21T21:04:47.383Z)', true, /^: Failed to connect$/],
  ] as const) {
    test(`${reason}${isTls ? ', over TLS' : ''}`, () => assert.match(because(reason, isTls), told));
  }

  test('nothing is told where nothing is known', () => {
    assert.equal(reasonOf({ code: 4, details: 'Deadline exceeded' }, true), '');
  });
});
