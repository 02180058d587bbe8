import type { Cluster } from '../cluster.ts';

/** Topics by name, or all that match a pattern as a whole. */
export type SubscribedTo = readonly string[] | RegExp | { readonly pattern: string };

/** What a consumer subscribed to. */
export class Subscription {
  readonly names: readonly string[];
  /** In RE2, where the broker matches it. */
  readonly pattern: string | null;
  readonly #matcher: RegExp | undefined;

  /** Throws SyntaxError for a pattern that is none. */
  constructor(to: SubscribedTo) {
    if (to instanceof RegExp) this.pattern = to.source;
    else this.pattern = 'pattern' in to ? to.pattern : null;
    this.names = Array.isArray(to) ? [...new Set(to as readonly string[])] : [];
    const flags = to instanceof RegExp ? to.flags.replaceAll(/[gy]/g, '') : '';
    this.#matcher = this.pattern === null ? undefined : new RegExp(`^(?:${this.pattern})$`, flags);
  }

  /** The topics it means now, matched here. Asks the cluster. Internal topics match no pattern. */
  async topics(cluster: Cluster, mayCreate: boolean): Promise<string[]> {
    const matcher = this.#matcher;
    if (matcher === undefined) {
      await cluster.refresh(this.names, { mayCreate });
      return [...this.names];
    }
    const view = await cluster.refresh(null);
    const matching = [...view.topics.values()].filter(({ name, isInternal }) => !isInternal && matcher.test(name));
    return matching.map(({ name }) => name).toSorted();
  }
}
