import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { storeRefusal } from '../../src/broker/store-guard.ts';
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts';
import { jumpEpochs } from '../../src/metadata/move-store.ts';
import { silent } from '../runtime/silent-logger.ts';
import { BrokerFixture } from './broker-fixture.ts';

const META = { clusterId: 'C', format: 1, features: {} } as const;
const moved = (revision: number) => ({ ...META, store: { id: 'S2', lineage: [{ id: 'C', revision }] } });

suite('a store that a broker has seen before', () => {
  test('goes on when it is where it was or further, and when it follows from what was seen', () => {
    assert.equal(storeRefusal({ storeId: 'C', revision: 5 }, META, 5), undefined);
    assert.equal(storeRefusal({ storeId: 'C', revision: 5 }, META, 9), undefined);
    assert.equal(storeRefusal({ storeId: 'C', revision: 5 }, moved(5), 6), undefined);
    assert.equal(storeRefusal({ storeId: 'S2', revision: 9 }, moved(5), 9), undefined);
  });

  test('is refused when it went back, is empty, another one, or was moved too early', () => {
    assert.match(storeRefusal({ storeId: 'C', revision: 5 }, META, 4)!, /from revision 5 to 4.*jump-epochs/);
    assert.match(storeRefusal({ storeId: 'C', revision: 5 }, undefined, 0)!, /empty/);
    assert.match(storeRefusal({ storeId: 'X', revision: 5 }, META, 9)!, /none that follows/);
    assert.match(storeRefusal({ storeId: 'S2', revision: 5 }, META, 9)!, /none that follows/, 'the former store');
    assert.match(storeRefusal({ storeId: 'C', revision: 7 }, moved(5), 9)!, /imported from revision 5.*jump-epochs/);
  });
});

/** Puts back an older copy of the embedded store's files. */
function copies(fixture: BrokerFixture): { take(): void; putBack(): void } {
  const directory = '/data/posthorn-metadata';
  let files: { path: string; content: Buffer }[] = [];
  return {
    take() {
      files = fixture.disk
        .list(directory)
        .filter(({ name }) => name !== 'lock')
        .map(({ name }) => `${directory}/${name}`)
        .map((path) => ({ path, content: fixture.disk.readFile(path, 1_000_000) }));
    },
    putBack() {
      for (const { name } of fixture.disk.list(directory)) fixture.disk.remove(`${directory}/${name}`);
      for (const { path, content } of files) fixture.disk.replaceFile(path, content);
    },
  };
}

suite('a broker on a store from an old copy', () => {
  test('does not start, says why, and starts after a jump of epochs', async () => {
    const fixture = await BrokerFixture.start();
    await fixture.createTopic('early', { partitions: 1 });
    await fixture.close();
    const old = copies(fixture);
    old.take();
    await fixture.start();
    await fixture.createTopic('late', { partitions: 1 });
    await fixture.close();
    old.putBack();
    await assert.rejects(fixture.start(), /went back from revision \d+ to \d+.*posthorn metadata jump-epochs/);
    const { disk, time } = fixture;
    const store = EmbeddedStore.open({
      disk,
      directory: '/data/posthorn-metadata',
      clock: time,
      timers: time,
      logger: silent,
    });
    const jump = jumpEpochs(store, 'S2');
    jump.catch(() => {});
    await time.run(1);
    await jump;
    const closing = store.close();
    await time.run(1);
    await closing;
    await fixture.start();
    await fixture.close();
  });

  test('what was seen is written down while it runs: also a killed broker notices', async () => {
    const fixture = await BrokerFixture.start();
    await fixture.close();
    const old = copies(fixture);
    old.take();
    await fixture.start();
    await fixture.createTopic('late', { partitions: 1 });
    await fixture.time.run(10_000);
    await fixture.kill();
    old.putBack();
    await assert.rejects(fixture.start(), /went back/);
  });
});
