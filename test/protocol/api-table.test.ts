import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  apiTable,
  isServed,
  requestHeaderVersion,
  responseHeaderVersion,
  servedApis,
} from '../../src/protocol/api-table.ts';
import { isFlexible } from '../../src/protocol/layout.ts';
import { parseVersions } from '../../src/protocol/version-range.ts';
import { apiFiles, apis, isApi, versionsOf } from './declared-messages.ts';

test('the table says what the declarations say', () => {
  assert.deepEqual(
    [...apiTable.values()].map(({ key, name, min, max, flexibleFrom }) => ({ key, name, min, max, flexibleFrom })),
    apis.map(({ key, name, versions, flexible }) => {
      const { min, max } = parseVersions(versions);
      return { key, name, min, max, flexibleFrom: flexible === 'none' ? undefined : parseVersions(flexible).min };
    }),
  );
});

test('each file of messages/ is named by key and name, and exports its API under the name', async () => {
  for (const { file, exports } of await apiFiles()) {
    const [[name, api], ...others] = Object.entries(exports) as [[string, unknown], ...unknown[]];
    assert.ok(isApi(api), file);
    assert.deepEqual(others, [], `${file} exports one thing`);
    const kebab = api.name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
    assert.equal(file, `${String(api.key).padStart(3, '0')}-${kebab}.js`);
    assert.equal(name, api.name[0]!.toLowerCase() + api.name.slice(1));
  }
});

test('header versions follow the flexible versions, but for the answer to ApiVersions', () => {
  for (const api of apis) {
    for (const version of versionsOf(api.request)) {
      const flexible = isFlexible(api.request, version);
      assert.equal(requestHeaderVersion(api.key, version), flexible ? 2 : 1);
      assert.equal(responseHeaderVersion(api.key, version), flexible && api.name !== 'ApiVersions' ? 1 : 0);
    }
  }
});

test('clients are told Produce from 0, stable versions only, and nothing of what brokers say among themselves', () => {
  const told = new Map(servedApis().map(({ key, min, max }) => [key, `${min}-${max}`]));
  assert.equal(told.get(0), '0-13');
  assert.equal(told.get(1), '4-18');
  assert.equal(told.get(22), '0-5');
  assert.equal(told.get(63), undefined);
  assert.equal(told.get(85), undefined);
  assert.equal(isServed(0, 2), false);
  assert.equal(isServed(0, 3), true);
  assert.equal(isServed(22, 6), false);
  assert.equal(isServed(4, 0), false);
});

test('listing versions loads no declaration', () => {
  const source = readFileSync(new URL('../../src/protocol/api-table.js', import.meta.url), 'utf8');
  const imported = [...source.matchAll(/from '([^']+)'/g)].map((match) => match[1]);
  assert.deepEqual(imported, ['../base/assert.js']);
});
