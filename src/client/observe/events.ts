import { channel, type Channel } from 'node:diagnostics_channel';
import type { KafkaError } from '../client-error.ts';

/** What a client publishes on `node:diagnostics_channel`, by the last part of the channel's name. All times in milliseconds. */
export interface ClientEvents {
  /** A batch goes to its leader. `attempt` counts from 0. */
  readonly send: {
    readonly clientId: string;
    readonly topic: string;
    readonly partition: number;
    readonly nodeId: number;
    readonly records: number;
    readonly attempt: number;
  };
  /** A batch was acknowledged. `offset` is its first record's, -1 where the broker does not tell. */
  readonly ack: {
    readonly clientId: string;
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly records: number;
    readonly durationMs: number;
  };
  /** A fetch was answered; empty ones are told as well. */
  readonly fetch: {
    readonly clientId: string;
    readonly nodeId: number;
    readonly partitions: number;
    readonly records: number;
    readonly bytes: number;
    readonly durationMs: number;
  };
  /** Offsets were committed, or with `error` not. */
  readonly commit: {
    readonly clientId: string;
    readonly groupId: string;
    readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
    readonly durationMs: number;
    readonly error: KafkaError | undefined;
  };
  /** Partitions came or went. */
  readonly rebalance: {
    readonly clientId: string;
    readonly groupId: string;
    readonly kind: 'assigned' | 'revoked' | 'lost';
    readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  };
  /** Something failed and is tried again after `waitMs`. `attempt` counts the failures, from 1. */
  readonly retry: {
    readonly clientId: string;
    readonly about: string;
    readonly attempt: number;
    readonly waitMs: number;
    readonly error: KafkaError;
  };
  /** Something failed for good: a batch, a consumer, a call of an admin. */
  readonly error: { readonly clientId: string; readonly about: string; readonly error: KafkaError };
  /** A connection was made, could not be made, or ended. */
  readonly connection: {
    readonly clientId: string;
    readonly state: 'opened' | 'failed' | 'closed';
    /** As host:port. */
    readonly broker: string;
    readonly error: KafkaError | undefined;
  };
}

/** What all channels' names begin with. */
export const CHANNEL_PREFIX = 'posthorn:client:';

/** One channel. While nobody listens an event is not even made: look at {@link isHeard} first. */
export class EventChannel<Event extends object> {
  readonly #channel: Channel;

  constructor(name: string) {
    this.#channel = channel(name);
  }

  get isHeard(): boolean {
    return this.#channel.hasSubscribers;
  }

  publish(event: Event): void {
    this.#channel.publish(event);
  }
}

/** The channels by their last parts: `posthorn:client:send` and so on. */
export const events: { readonly [Name in keyof ClientEvents]: EventChannel<ClientEvents[Name]> } = {
  send: new EventChannel(`${CHANNEL_PREFIX}send`),
  ack: new EventChannel(`${CHANNEL_PREFIX}ack`),
  fetch: new EventChannel(`${CHANNEL_PREFIX}fetch`),
  commit: new EventChannel(`${CHANNEL_PREFIX}commit`),
  rebalance: new EventChannel(`${CHANNEL_PREFIX}rebalance`),
  retry: new EventChannel(`${CHANNEL_PREFIX}retry`),
  error: new EventChannel(`${CHANNEL_PREFIX}error`),
  connection: new EventChannel(`${CHANNEL_PREFIX}connection`),
};
