import { connect, type Socket } from 'node:net';
import { FrameReceiver } from '../../src/wire/frame-receiver.ts';

const FRAME_BYTES_MAX = 256 << 20;

/** Connects, and hands on each frame that comes, without its size; it is good until the next one. */
export async function openFrames(port: number, take: (frame: Buffer) => void): Promise<Socket> {
  const receiver = frameReceiver(take);
  const onBytes = (count: number): boolean => {
    receiver.received(count);
    return true;
  };
  const onread = { buffer: () => receiver.landing(), callback: onBytes };
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  return socket;
}

/** The same of a connection that somebody else opened. */
export function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  const receiver = frameReceiver(take);
  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const landing = receiver.landing();
      const count = Math.min(landing.length, chunk.length - at);
      landing.set(chunk.subarray(at, at + count));
      receiver.received(count);
      at += count;
    }
  });
}

function frameReceiver(take: (frame: Buffer) => void): FrameReceiver {
  return new FrameReceiver({
    frameBytesMax: FRAME_BYTES_MAX,
    isTransient: () => true,
    onFrame: (frame) => take(Buffer.from(frame.buffer, frame.byteOffset, frame.length)),
  });
}
