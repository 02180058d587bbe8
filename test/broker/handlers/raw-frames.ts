import { ByteWriter } from '../../../src/base/byte-writer.ts';
import type { Connection, ConnectionHandler } from '../../../src/runtime/network.ts';
import type { BrokerFixture } from '../broker-fixture.ts';

const SIZE_BYTES = 4;

export interface RawFrame {
  readonly key: number;
  readonly version: number;
  readonly correlationId?: number;
  /** Null is written as such. */
  readonly clientId?: string | null;
  /** Whether tagged fields (none) end the header. */
  readonly flexible?: boolean;
  readonly body?: Uint8Array;
}

/** A request as bytes, with its size in front: whatever key, version and body are wanted. */
export function frameOf(frame: RawFrame): Buffer {
  const { key, version, correlationId = 1, clientId = 'raw', flexible = false, body = new Uint8Array(0) } = frame;
  const writer = new ByteWriter();
  writer.int32(0);
  writer.int16(key);
  writer.int16(version);
  writer.int32(correlationId);
  writer.int16(clientId === null ? -1 : Buffer.byteLength(clientId));
  if (clientId !== null) writer.utf8(clientId);
  if (flexible) writer.uvarint(0);
  writer.raw(body);
  const bytes = Buffer.from(writer.finish());
  bytes.writeInt32BE(bytes.length - SIZE_BYTES, 0);
  return bytes;
}

/** A size as it stands before a frame. */
export function sizeOf(bytes: number): Buffer {
  const size = Buffer.alloc(SIZE_BYTES);
  size.writeInt32BE(bytes);
  return size;
}

/** Sends bytes on a connection of their own; returns the frames that came back, without their sizes. */
export async function exchangeBytes(fixture: BrokerFixture, ...pieces: Uint8Array[]): Promise<Buffer[]> {
  const landing = Buffer.alloc(1 << 16);
  let received = Buffer.alloc(0);
  const handler: ConnectionHandler = {
    landing: () => landing,
    received: (count) => void (received = Buffer.concat([received, landing.subarray(0, count)])),
    drained: () => {},
    closed: () => {},
  };
  const opened = fixture.network.connect({ host: '127.0.0.1', port: 9092 }, () => handler);
  const connection: Connection = await fixture.done(opened);
  for (const piece of pieces) {
    connection.write([piece]);
    await fixture.time.settle();
  }
  connection.destroy();
  const frames: Buffer[] = [];
  for (let at = 0; at + SIZE_BYTES <= received.length;) {
    const end = at + SIZE_BYTES + received.readInt32BE(at);
    frames.push(received.subarray(at + SIZE_BYTES, end));
    at = end;
  }
  return frames;
}
