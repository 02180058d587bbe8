import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Malformed } from '../../src/base/malformed.ts';
import { FrameBuffers } from '../../src/wire/frame-buffers.ts';
import { FrameReceiver, type FrameReceiverOptions } from '../../src/wire/frame-receiver.ts';

const KIB = 1024;
const MIB = 1024 * 1024;

function framed(content: Uint8Array, size = content.length): Buffer {
  const frame = Buffer.alloc(4 + content.length);
  frame.writeInt32BE(size);
  frame.set(content, 4);
  return frame;
}

/** A body whose bytes tell their place, so that a mix-up shows. */
function body(length: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) + seed) & 0xff;
  return bytes;
}

/** Feeds `bytes` as a connection does, `step` at a time; what lies in the landing place otherwise is rubbish. */
function feed(receiver: FrameReceiver, bytes: Uint8Array, step = Infinity): void {
  for (let done = 0; done < bytes.length;) {
    const landing = receiver.landing();
    assert.ok(landing.length > 0);
    const count = Math.min(landing.length, step, bytes.length - done);
    landing.fill(0xee);
    landing.set(bytes.subarray(done, done + count));
    receiver.received(count);
    done += count;
  }
}

function receiverOf(options: Partial<FrameReceiverOptions> = {}): { receiver: FrameReceiver; frames: Uint8Array[] } {
  const frames: Uint8Array[] = [];
  const onFrame = (frame: Uint8Array): void => void frames.push(frame);
  const buffers = new FrameBuffers();
  return { receiver: new FrameReceiver({ frameBytesMax: 100 * MIB, onFrame, buffers, ...options }), frames };
}

test('frames split at every byte position come out whole, and stay so', () => {
  const bodies = [body(0), body(1, 1), body(40, 2), body(7, 3), body(0), body(25, 4)];
  const stream = Buffer.concat(bodies.map((each) => framed(each)));
  for (let split = 1; split <= stream.length; split++) {
    const { receiver, frames } = receiverOf();
    feed(receiver, stream.subarray(0, split));
    feed(receiver, stream.subarray(split));
    assert.deepEqual(
      frames.map((each) => Buffer.from(each)),
      bodies,
      `split at ${split}`,
    );
    assert.equal(receiver.heldBytes, 0);
  }
});

test('any frames in any pieces, two connections taking turns on the same buffers', () => {
  const length = fc.oneof(
    fc.nat(300),
    fc.nat(20 * KIB),
    fc.nat(200 * KIB),
    fc.constantFrom(16 * KIB - 4, 16 * KIB, 64 * KIB),
  );
  fc.assert(
    fc.property(
      fc.array(length, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 90 * KIB }), { minLength: 1 }),
      (lengths, steps) => {
        const buffers = new FrameBuffers();
        const bodies = lengths.map((each, index) => body(each, index));
        const stream = Buffer.concat(bodies.map((each) => framed(each)));
        const other = Buffer.concat(bodies.toReversed().map((each) => framed(each)));
        const [one, two] = [receiverOf({ buffers }), receiverOf({ buffers })];
        let seen = 0;
        const three = receiverOf({
          buffers,
          isTransient: () => true,
          onFrame: (frame) => assert.ok(bodies[seen++]!.equals(frame)),
        });
        for (let done = 0, turn = 0; done < stream.length; turn++) {
          const step = steps[turn % steps.length]!;
          feed(one.receiver, stream.subarray(done, done + step));
          feed(two.receiver, other.subarray(done, done + step));
          feed(three.receiver, stream.subarray(done, done + step));
          done += step;
        }
        assert.equal(seen, bodies.length);
        assert.equal(one.frames.length, bodies.length);
        assert.ok(one.frames.every((frame, index) => bodies[index]!.equals(frame)));
        assert.ok(two.frames.every((frame, index) => bodies.at(-1 - index)!.equals(frame)));
      },
    ),
    { numRuns: 60 },
  );
});

test('a declared size allocates nothing by itself', () => {
  const { receiver } = receiverOf();
  feed(receiver, framed(Buffer.alloc(0), 90 * MIB));
  assert.ok(receiver.heldBytes <= 64, `${receiver.heldBytes}`);
  feed(receiver, Buffer.alloc(20 * KIB));
  assert.ok(receiver.heldBytes <= 64 * KIB, `${receiver.heldBytes}`);
  let arrived = 20 * KIB;
  while (arrived < 20 * MIB) {
    feed(receiver, Buffer.alloc(100 * KIB), 10_000);
    arrived += 100 * KIB;
    assert.ok(receiver.heldBytes <= 2 * arrived + 64, `${receiver.heldBytes} held for ${arrived}`);
  }
});

test('the memory of a peer that has sent a frame of a size is of that size at once for the next', () => {
  const { receiver, frames } = receiverOf();
  feed(receiver, framed(body(MIB)), 50 * KIB);
  feed(receiver, framed(body(MIB, 5)).subarray(0, 50 * KIB));
  assert.equal(receiver.heldBytes, MIB + 4);
  feed(receiver, framed(body(MIB, 5)).subarray(50 * KIB));
  assert.deepEqual(
    frames.map((frame) => frame.length),
    [MIB, MIB],
  );
  assert.ok(body(MIB).equals(frames[0]!), 'the first was not overwritten by the second');
  assert.ok(body(MIB, 5).equals(frames[1]!));
});

test('idle connections hold nothing and land in one place', () => {
  const buffers = new FrameBuffers();
  const receivers = Array.from({ length: 100 }, () => receiverOf({ buffers }).receiver);
  for (const receiver of receivers) feed(receiver, framed(body(100)));
  assert.deepEqual(new Set(receivers.map((receiver) => receiver.landing())).size, 1);
  assert.ok(receivers.every((receiver) => receiver.heldBytes === 0));
});

test('transient large frames come through memory that is used again', () => {
  const places = new Set<ArrayBufferLike>();
  const { receiver } = receiverOf({ isTransient: () => true, onFrame: (frame) => places.add(frame.buffer) });
  for (let round = 0; round < 20; round++) feed(receiver, framed(body(300 * KIB, round)), 64 * KIB);
  assert.ok(places.size <= 2, `${places.size} buffers`);
});

test('transient and lasting frames side by side', () => {
  const seen: string[] = [];
  const { receiver, frames } = receiverOf({ isTransient: (frame) => frame[0] === 0x74 });
  feed(
    receiver,
    Buffer.concat([framed(Buffer.from('kept one')), framed(Buffer.from('t')), framed(Buffer.from('kept two'))]),
  );
  seen.push(Buffer.from(frames[1]!).toString());
  feed(receiver, framed(Buffer.from('more')));
  assert.deepEqual(seen, ['t']);
  assert.deepEqual(
    [0, 2, 3].map((index) => Buffer.from(frames[index]!).toString()),
    ['kept one', 'kept two', 'more'],
  );
});

test('sizes that are negative or too large end the connection as soon as they are there', () => {
  for (const size of [-1, -0x8000_0000, 1001, 0x7fff_ffff]) {
    const { receiver, frames } = receiverOf({ frameBytesMax: 1000 });
    const stream = Buffer.concat([framed(body(1000)), framed(Buffer.alloc(0), size)]);
    feed(receiver, stream.subarray(0, -1));
    assert.equal(frames.length, 1, 'what came before is served');
    assert.throws(() => feed(receiver, stream.subarray(-1)), Malformed);
  }
});

test('what the consumer throws goes to the caller', () => {
  const { receiver } = receiverOf({
    onFrame: () => {
      throw new RangeError('of no use');
    },
  });
  assert.throws(() => feed(receiver, framed(body(10))), RangeError);
});
