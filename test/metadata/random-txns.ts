import * as fc from 'fast-check';
import type { Compare, StoreOp, Txn } from '../../src/metadata/metadata-store.ts';

const KEYS = ['a', 'a/1', 'a/2', 'ab', 'b/1', 'b/é/2', 'c'];

const op: fc.Arbitrary<StoreOp> = fc.oneof(
  fc.record({
    type: fc.constant('put' as const),
    key: fc.constantFrom(...KEYS),
    value: fc.string({ unit: 'grapheme', maxLength: 20 }),
  }),
  fc.record({ type: fc.constant('delete' as const), key: fc.constantFrom(...KEYS) }),
);

/** Revisions are mostly ones that can be the case early in a history: 0 for a key that is not there, and small ones. */
const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({ key: fc.constantFrom(...KEYS), createRevision: fc.nat(3) }),
  fc.record({ key: fc.constantFrom(...KEYS), modRevision: fc.nat(3) }),
);

const ops = fc.uniqueArray(op, { selector: ({ key }) => key, maxLength: 4 });

export const randomTxn: fc.Arbitrary<Txn> = fc.record({
  compares: fc.array(compare, { maxLength: 2 }),
  onSuccess: ops,
  onFailure: ops,
});
