import type { Controller } from '../../controller/controller.ts';

/** Hands out producer ids from blocks that the controller reserves (KIP-730): an id is never given twice, restarts included. */
export class ProducerIds {
  readonly #controller: Controller;
  #next = 0;
  #end = 0;
  #pending: Promise<void> | undefined;

  constructor(controller: Controller) {
    this.#controller = controller;
  }

  async next(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#pending ??= this.#reserve().finally(() => {
        this.#pending = undefined;
      });
      await this.#pending;
    }
    return this.#next++;
  }

  /** As {@link next}, with a callback: undefined when no id is to be had now. */
  take(given: (producerId: number | undefined) => void): void {
    this.next().then(given, () => given(undefined));
  }

  async #reserve(): Promise<void> {
    const { first, count } = await this.#controller.reserveProducerIds();
    this.#next = first;
    this.#end = first + count;
  }
}
