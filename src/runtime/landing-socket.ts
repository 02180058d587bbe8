import * as net from 'node:net';

const HANDLE = '_handle';

/**
 * A socket whose bytes land where we say. Node documents `onread` for sockets that dial; accepted ones come without, so
 * their handle is taken out and wrapped again. That handle is not documented: this file is all that knows of it, and
 * says when the way is closed (undefined), upon which the plain 'data' events serve.
 */
export function rewrap(accepted: net.Socket, onread: net.OnReadOpts): net.Socket | undefined {
  const inner = accepted as unknown as { [HANDLE]: { useUserBuffer?: unknown } | null };
  const handle = inner[HANDLE];
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  inner[HANDLE] = null;
  // Without its handle the first socket only counts itself out of the server's connections.
  accepted.destroy();
  const options = { handle, onread, manualStart: true };
  return new net.Socket(options as unknown as net.SocketConstructorOpts);
}
