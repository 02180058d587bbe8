import type { ProbeResult } from '../controller/peer-watch.ts';
import type { Timers } from '../runtime/clock.ts';
import { NetworkError, type Address, type ConnectionHandler, type Network } from '../runtime/network.ts';

/** A broker that takes longer to accept a connection is not gone, but slow. */
const PROBE_MS = 1000;

const DEAF: ConnectionHandler = {
  landing: () => new Uint8Array(1),
  received: () => {},
  drained: () => {},
  closed: () => {},
};

/** Finds out whether anybody accepts connections at a broker's address. Never rejects. */
export async function probeBroker(network: Network, timers: Timers, address: Address): Promise<ProbeResult> {
  const abort = new AbortController();
  const timer = timers.set(PROBE_MS, () => abort.abort());
  try {
    await network.connect(
      address,
      (connection) => {
        timers.soon(() => connection.destroy());
        return DEAF;
      },
      undefined,
      abort.signal,
    );
    return 'answered';
  } catch (error) {
    return error instanceof NetworkError && error.code === 'ECONNREFUSED' ? 'refused' : 'unknown';
  } finally {
    timer.cancel();
  }
}
