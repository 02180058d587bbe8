import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { LeaseGone, StoreUnavailable, type MetadataStore, type StoreOp } from '../../src/metadata/metadata-store.ts';
import { MetadataView } from '../../src/metadata/metadata-view.ts';
import type { EtcdTls } from '../../src/metadata/etcd/etcd-client.ts';
import { EtcdStore } from '../../src/metadata/etcd/etcd-store.ts';
import { nodeClock, nodeTimers } from '../../src/runtime/node-clock.ts';
import { Authority } from '../../test/runtime/certificates.ts';
import { silent } from '../../test/runtime/silent-logger.ts';
import { EtcdCluster } from './etcd-cluster.ts';
import { openStore } from './open-store.ts';

/** How long anything may take to come right again once a fault is over. */
const HEAL_MS = 30_000;

const put = (key: string, value = 'v', lease?: string): StoreOp =>
  lease === undefined ? { type: 'put', key, value } : { type: 'put', key, value, lease };
const setting = (name: string): StoreOp => put(`c/topic/${name}`, '{"a":"b"}');

async function write(store: MetadataStore, ...onSuccess: StoreOp[]): Promise<number> {
  return (await store.txn({ compares: [], onSuccess })).revision;
}

/** Does `work` again and again until it succeeds; how long that took, in milliseconds. */
async function until(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (;;) {
    try {
      await work();
      return Math.round(performance.now() - began);
    } catch (error) {
      if (performance.now() - began > HEAL_MS) throw error;
      await pause(50);
    }
  }
}

function shows(view: MetadataView, name: string): Promise<number> {
  return until(() => (view.image.configs.has(`topic/${name}`) ? Promise.resolve() : Promise.reject(new Error(name))));
}

function over(endpoints: readonly string[], isTls: boolean, tls: EtcdTls): Promise<EtcdStore> {
  return EtcdStore.open({
    address: { endpoints, isTls },
    clusterName: 'tls',
    clock: nodeClock,
    timers: nodeTimers,
    tls,
  });
}

/** Each fault by what has to come of it; the text is the figure that it gives. */
export const faults: Readonly<Record<string, () => Promise<string>>> = {
  'the leader killed: writes go on by another member, and nothing acknowledged is lost': async () => {
    const cluster = await EtcdCluster.start({ members: 3 });
    const store = await openStore(cluster.endpoints);
    try {
      const acknowledged: string[] = [];
      let longestMs = 0;
      for (let round = 0; round < 3; round++) {
        const leader = cluster.leader();
        await cluster.kill(leader);
        const key = `${round}`;
        longestMs = Math.max(longestMs, await until(() => write(store, put(key))));
        acknowledged.push(key);
        cluster.startMember(leader);
        await until(() => Promise.resolve(cluster.ctl(['endpoint', 'health'])));
      }
      const { entries } = await store.range('');
      assert.deepEqual(
        entries.map(({ key }) => key),
        acknowledged,
      );
      return `longest pause ${longestMs} ms in 3 kills`;
    } finally {
      await store.close();
      await cluster.stop();
    }
  },

  'the quorum lost and back: no stale answer, the last image stays, and goes on without a restart': async () => {
    const cluster = await EtcdCluster.start({ members: 3 });
    const store = await openStore(cluster.endpoints);
    const view = await MetadataView.open(store, silent, nodeTimers);
    try {
      await write(store, setting('before'));
      await shows(view, 'before');
      await Promise.all([cluster.kill(0), cluster.kill(1)]);
      await pause(6000);
      await assert.rejects(store.get('c/topic/before'), StoreUnavailable);
      await assert.rejects(write(store, setting('never')), StoreUnavailable);
      assert.equal(view.image.configs.has('topic/before'), true);
      cluster.startMember(0);
      const backMs = await until(() => write(store, setting('after')));
      const seenMs = await shows(view, 'after');
      return `written ${backMs} ms after a member came back, seen ${seenMs} ms later`;
    } finally {
      view.close();
      await store.close();
      await cluster.stop();
    }
  },

  'history compacted while nobody watched: everything is read anew and compared': async () => {
    const cluster = await EtcdCluster.start({ members: 1 });
    const name = 'compacted';
    const [store, writer] = [await openStore(cluster.endpoints, name), await openStore(cluster.endpoints, name)];
    const view = await MetadataView.open(store, silent, nodeTimers);
    try {
      await write(writer, setting('goes'), setting('stays'));
      await shows(view, 'goes');
      await cluster.kill(0, 'SIGTERM');
      cluster.startMember(0);
      await cluster.ready();
      // The first write may still go into the connection that just broke: its outcome is unknown, and it says so.
      await until(() => write(writer, { type: 'delete', key: 'c/topic/goes' }));
      await until(() => write(writer, setting('new')));
      cluster.compact();
      await shows(view, 'new');
      assert.deepEqual([...view.image.configs.keys()].toSorted(), ['topic/new', 'topic/stays']);
      return '';
    } finally {
      view.close();
      await Promise.all([store.close(), writer.close()]);
      await cluster.stop();
    }
  },

  'all leases revoked at once: their owners hear of it with the next renewal, their keys are gone': async () => {
    const cluster = await EtcdCluster.start({ members: 1 });
    const stores = await Promise.all([1, 2, 3].map(() => openStore(cluster.endpoints, 'leases')));
    try {
      const leases = await Promise.all(stores.map((store) => store.grantLease(6000)));
      for (const [index, store] of stores.entries()) await write(store, put(`b/${index}`, 'v', leases[index]));
      for (const lease of leases) cluster.ctl(['lease', 'revoke', BigInt(lease).toString(16)]);
      for (const [index, store] of stores.entries()) await assert.rejects(store.keepAlive(leases[index]!), LeaseGone);
      assert.equal((await stores[0]!.range('b/')).entries.length, 0);
      return '3 leases';
    } finally {
      await Promise.all(stores.map((store) => store.close()));
      await cluster.stop();
    }
  },

  'a database at its quota: refused in words that say what to do, and reads go on': async () => {
    const quota = 16 * 1024 * 1024;
    const cluster = await EtcdCluster.start({ members: 1, args: [`--quota-backend-bytes=${quota}`] });
    const store = await openStore(cluster.endpoints);
    try {
      await write(store, put('small'));
      const big = 'x'.repeat(1_000_000);
      const fill = async (): Promise<void> => {
        for (let index = 0; index < 40; index++) await write(store, put('big', big));
      };
      await assert.rejects(fill(), /NOSPACE.*etcdctl alarm disarm/);
      assert.equal((await store.get('small'))?.value, 'v');
      cluster.compact();
      cluster.ctl(['defrag']);
      cluster.ctl(['alarm', 'disarm']);
      const backMs = await until(() => write(store, put('small', 'again')));
      return `writes go on ${backMs} ms after the remedy`;
    } finally {
      await store.close();
      await cluster.stop();
    }
  },

  'users and passwords: wrong ones are refused in words, tokens that end are renewed': async () => {
    const cluster = await EtcdCluster.start({ members: 1 });
    const address = { endpoints: cluster.endpoints, isTls: false };
    const parts = { address, clusterName: 'login', clock: nodeClock, timers: nodeTimers };
    try {
      cluster.ctl(['user', 'add', 'root:secret']);
      cluster.ctl(['user', 'add', 'posthorn:horn']);
      cluster.ctl(['role', 'add', 'posthorn']);
      cluster.ctl(['role', 'grant-permission', '--prefix=true', 'posthorn', 'readwrite', '/ph/']);
      cluster.ctl(['user', 'grant-role', 'posthorn', 'posthorn']);
      cluster.ctl(['user', 'grant-role', 'root', 'root']);
      cluster.ctl(['auth', 'enable']);
      await assert.rejects(EtcdStore.open(parts), /set metadata\.store\.user/);
      await assert.rejects(EtcdStore.open({ ...parts, login: { user: 'posthorn', password: 'x' } }), /does not accept/);
      const store = await EtcdStore.open({ ...parts, login: { user: 'posthorn', password: 'horn' } });
      await write(store, put('k'));
      // Tokens of this kind live in the member's memory only.
      await cluster.kill(0, 'SIGTERM');
      cluster.startMember(0);
      await until(() => write(store, put('k', 'again')));
      const lease = await store.grantLease(6000);
      await store.keepAlive(lease);
      assert.equal((await store.get('k'))?.value, 'again');
      await store.close();
      return '';
    } finally {
      await cluster.stop();
    }
  },

  'TLS with certificates of clients: the right ones are let in, and wrong ones are told in words': async () => {
    const authority = new Authority('compat');
    const cluster = await EtcdCluster.start({ members: 1, authority });
    const plain = await EtcdCluster.start({ members: 1 });
    const { cert, key } = authority.issue({ name: 'posthorn' });
    const [ca, own, secret] = [authority.cert, cert, key].map((pem) => Buffer.from(pem));
    const right = { ca, cert: own, key: secret };
    const stranger = new Authority('stranger');
    const { cert: otherCert, key: otherKey } = stranger.issue({ name: 'posthorn' });
    const other = { ca, cert: Buffer.from(otherCert), key: Buffer.from(otherKey) };
    try {
      const wrong: readonly [Promise<EtcdStore>, RegExp][] = [
        [over(cluster.endpoints, true, { ...right, ca: undefined }), /metadata\.store\.tls\.ca\.file/],
        [over(cluster.endpoints, true, { ...right, ca: Buffer.from(stranger.cert) }), /metadata\.store\.tls\.ca\.file/],
        [over(cluster.endpoints, true, { ca, cert: undefined, key: undefined }), /metadata\.store\.tls\.cert\.file/],
        [over(cluster.endpoints, true, other), /metadata\.store\.tls\.cert\.file/],
        [over(cluster.endpoints, false, right), /begins with etcds:/],
        [over(plain.endpoints, true, right), /begins with etcd:/],
      ];
      await Promise.all(wrong.map(async ([opening, says]) => assert.rejects(opening, says)));
      const store = await over(cluster.endpoints, true, right);
      const view = await MetadataView.open(store, silent, nodeTimers);
      await write(store, setting('safe'));
      await shows(view, 'safe');
      await cluster.kill(0, 'SIGTERM');
      cluster.startMember(0);
      const backMs = await until(() => write(store, setting('again')));
      await shows(view, 'again');
      view.close();
      await store.close();
      return `writes go on ${backMs} ms after a restart of etcd`;
    } finally {
      await Promise.all([cluster.stop(), plain.stop()]);
    }
  },
};
