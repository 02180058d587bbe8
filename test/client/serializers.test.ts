import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as serializers from '../../src/client/serializers.ts';

const context = { topic: 'orders', isKey: false };

test('what was written is read back, as Kafka’s own serializers write it', () => {
  const { string, bytes, json, int32, int64, float64, uuid } = serializers;
  const id = '0f1a6f60-5f4c-4d8e-9d3b-0a1b2c3d4e5f';
  const written: [serializers.Serde<unknown>, unknown, string][] = [
    [string, 'grüße', '6772c3bcc39f65'],
    [bytes, Buffer.from([0, 255]), '00ff'],
    [json<unknown>(), { a: [1, null] }, '7b2261223a5b312c6e756c6c5d7d'],
    [int32, -2, 'fffffffe'],
    [int64, 2 ** 40, '0000010000000000'],
    [float64, 1.5, '3ff8000000000000'],
    [uuid, id, Buffer.from(id).toString('hex')],
  ];
  for (const [serde, value, hex] of written) {
    const made = serde.serialize(value, context);
    assert.equal(Buffer.from(made!).toString('hex'), hex);
    assert.deepEqual(serde.deserialize(made, context), value);
    assert.equal(serde.serialize(null, context), null);
    assert.equal(serde.deserialize(null, context), null);
  }
});

test('what cannot be written or read is named with its topic', () => {
  const { string, json, int32, int64, uuid } = serializers;
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const faults: (() => unknown)[] = [
    () => string.deserialize(Buffer.from([0xff]), context),
    () => json().serialize(undefined, context),
    () => json().serialize(circle, context),
    () => json().deserialize(Buffer.from('{'), context),
    () => int32.serialize(2 ** 31, context),
    () => int32.serialize(0.5, context),
    () => int32.deserialize(Buffer.alloc(3), context),
    () => int64.serialize(2 ** 53, context),
    () => uuid.serialize('no', context),
    () => uuid.deserialize(Buffer.from('no'), context),
  ];
  for (const fault of faults) {
    assert.throws(fault, (error: unknown) => {
      assert.match(String(error), /the value of a record of orders/);
      return (error as { code?: string }).code === 'SERIALIZATION';
    });
  }
});
