import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { decodeExact, encode } from '../../src/protocol/codec.ts';
import { interpretDecode, interpretEncode } from '../../src/protocol/interpreter.ts';
import { messages, versionsOf } from './declared-messages.ts';
import { messageArbitrary } from './message-arbitrary.ts';
import { plainValues, valuesOf } from './plain-values.ts';

const runs = process.env['POSTHORN_LONG'] === '1' ? 300 : 12;

test('compiled and interpreted codecs agree on every message in every version, and reading gives back what was written', () => {
  for (const message of messages) {
    for (const version of versionsOf(message)) {
      const property = fc.property(messageArbitrary(message, version), (value) => {
        const writer = new ByteWriter();
        encode(message, version, writer, value);
        const bytes = writer.finish();
        const reference = new ByteWriter();
        interpretEncode(message, version, reference, value);
        assert.equal(bytes.toString('hex'), reference.finish().toString('hex'));

        const reader = new ByteReader(bytes);
        const read = decodeExact(message, version, reader);
        assert.deepEqual(read, interpretDecode(message, version, new ByteReader(bytes)));
        const written = valuesOf(message.fields, plainValues(message.fields, value));
        assert.deepEqual(plainValues(message.fields, read), plainValues(message.fields, written));
      });
      fc.assert(property, { numRuns: runs, seed: version });
    }
  }
});
