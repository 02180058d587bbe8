import { KafkaError } from '../../client/index.ts';

/** How a listener says, in the manual modes, that it is done. */
export interface Acknowledgment {
  /**
   * The record or batch, and all before it in its partition, is done with. With `manual_immediate` the promise tells of the commit; with
   * `manual` the commit follows at the end of what was fetched. Rejects with INVALID_STATE in the other modes.
   */
  acknowledge(): Promise<void>;
  /** Have it again after a pause; of a batch, from this record on, with those before it acknowledged. Throws INVALID_STATE in the other modes. */
  nack(sleepMs: number, index?: number): void;
}

/** What a listener asked for with {@link Acknowledgment.nack}. */
export interface Nack {
  readonly sleepMs: number;
  readonly index: number;
}

/** The acknowledgment of one call of a listener. */
export class ListenerAcknowledgment implements Acknowledgment {
  nacked: Nack | undefined;
  readonly #acknowledge: (() => Promise<void>) | undefined;

  /** @param acknowledge undefined in modes that commit by themselves. */
  constructor(acknowledge: (() => Promise<void>) | undefined) {
    this.#acknowledge = acknowledge;
  }

  async acknowledge(): Promise<void> {
    if (this.#acknowledge === undefined) throw notManual();
    await this.#acknowledge();
  }

  nack(sleepMs: number, index = 0): void {
    if (this.#acknowledge === undefined) throw notManual();
    this.nacked = { sleepMs, index };
  }
}

function notManual(): KafkaError {
  return new KafkaError(
    'INVALID_STATE',
    'only with spring.kafka.listener.ack-mode manual or manual_immediate does a listener acknowledge by itself',
  );
}
