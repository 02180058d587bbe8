import type { SeededRandom } from '../../../src/base/seeded-random.ts';
import type { Address, Connection, ConnectionHandler, Listener, Network } from '../../../src/runtime/network.ts';

export interface Faults {
  /** How likely a write is cut in its middle, and the connection with it. */
  readonly cut: number;
  /** How likely a connection goes deaf with a write: the request arrives, and no answer ever does. */
  readonly deafen: number;
}

/** Breaks the connections that are made through it as chance, seeded, will have it. */
export class FaultyNetwork implements Network {
  readonly #network: Network;
  readonly #random: SeededRandom;
  faults: Faults = { cut: 0, deafen: 0 };
  cuts = 0;
  deafened = 0;

  constructor(network: Network, random: SeededRandom) {
    this.#network = network;
    this.#random = random;
  }

  listen(address: Address, accept: (connection: Connection) => ConnectionHandler | undefined): Promise<Listener> {
    return this.#network.listen(address, accept);
  }

  connect(address: Address, handlerOf: (connection: Connection) => ConnectionHandler): Promise<Connection> {
    return this.#network.connect(address, (connection) => {
      const handler = handlerOf(connection);
      const scratch = new Uint8Array(65_536);
      let isDeaf = false;
      const write = connection.write.bind(connection);
      connection.write = (chunks, sent) => {
        if (this.#random.next() < this.faults.cut) {
          this.cuts++;
          const whole = Buffer.concat(chunks);
          write([whole.subarray(0, Math.ceil(whole.length * this.#random.next()))], () => connection.destroy());
          return;
        }
        if (!isDeaf && this.#random.next() < this.faults.deafen) {
          this.deafened++;
          isDeaf = true;
        }
        write(chunks, sent);
      };
      return {
        landing: () => (isDeaf ? scratch : handler.landing()),
        received: (count) => {
          if (!isDeaf) handler.received(count);
        },
        drained: () => handler.drained(),
        closed: (error) => handler.closed(error),
      };
    });
  }
}
