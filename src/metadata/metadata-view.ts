import type { Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ClusterImage } from './cluster-image.ts';
import { buildImage, ImageBuilder } from './image-builder.ts';
import { imageDelta, type ImageDelta } from './image-delta.ts';
import { StoreUnavailable, type MetadataStore } from './metadata-store.ts';
import { RevisionWaiters } from './revision-waiters.ts';
import { StoreFollower, type KeyChange } from './store-follower.ts';

/** Told of each new image, in order, before anybody waiting for its revision goes on. Must not throw. */
export type ImageListener = (image: ClusterImage, delta: ImageDelta) => void;

/**
 * The newest image of the cluster, kept up to date by following the store. While the store is away the last image stays;
 * once it is back the image goes on from there, without a restart. Only a store whose contents cannot be, or that went
 * back in time or became another cluster's, ends the view: then the last good image stays for good.
 */
export class MetadataView {
  readonly #logger: Logger;
  readonly #follower: StoreFollower;
  readonly #listeners = new Set<ImageListener>();
  #image: ClusterImage;
  readonly #waiters = new RevisionWaiters();
  #ended: StoreUnavailable | undefined;

  /** Reads the whole store, then follows it. */
  static async open(store: MetadataStore, logger: Logger, timers: Timers): Promise<MetadataView> {
    const range = await store.range('');
    const view = new MetadataView(store, { logger, timers }, buildImage(range.entries, range.revision));
    view.#follower.start(range);
    return view;
  }

  private constructor(store: MetadataStore, parts: { logger: Logger; timers: Timers }, image: ClusterImage) {
    this.#logger = parts.logger;
    this.#image = image;
    this.#follower = new StoreFollower(
      { store, ...parts },
      {
        changed: (changes, revision) => this.#apply(changes, revision),
        unavailable: (reason) => this.#waiters.rejectAll(reason),
        failed: (reason) => this.#fail(reason),
      },
    );
  }

  get image(): ClusterImage {
    return this.#image;
  }

  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Resolves once the image holds `revision`, and all listeners have seen it. Rejects with {@link StoreUnavailable} when
   * the store is asked in vain meanwhile.
   */
  reached(revision: number): Promise<void> {
    if (this.#image.revision >= revision) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const reached = this.#waiters.wait(revision);
    this.#follower.hurry();
    return reached;
  }

  close(): void {
    this.#end(new StoreUnavailable('the metadata view is closed'));
  }

  #apply(changes: readonly KeyChange[], revision: number): void {
    if (this.#ended !== undefined) return;
    try {
      const builder = new ImageBuilder(this.#image);
      for (const change of changes) builder.apply(change);
      const { image, touched } = builder.finish(revision);
      this.#checkSameCluster(image);
      this.#publish(image, imageDelta(this.#image, image, touched));
    } catch (error) {
      // An image that misses an event would be wrong for ever: freeze the last good one.
      this.#fail(error);
    }
  }

  #checkSameCluster({ clusterId }: ClusterImage): void {
    const known = this.#image.clusterId;
    if (known === undefined || known === clusterId) return;
    throw new StoreUnavailable(`the metadata store now holds cluster ${clusterId ?? 'none'} instead of ${known}`);
  }

  #publish(image: ClusterImage, delta: ImageDelta): void {
    this.#image = image;
    for (const listener of this.#listeners) listener(image, delta);
    this.#waiters.reached(image.revision);
  }

  #fail(error: unknown): void {
    this.#logger.error('the metadata cannot be followed any further', { error: String(error) });
    this.#end(new StoreUnavailable('the metadata view failed', { cause: error }));
  }

  #end(reason: StoreUnavailable): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#follower.close();
    this.#waiters.rejectAll(reason);
  }
}
