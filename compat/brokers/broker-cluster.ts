/** Brokers that are processes of their own, with ids from 1, and go and come one by one. */
export interface BrokerCluster {
  readonly bootstrap: string;
  readonly ids: readonly number[];
  /** Starts one on the data that it left; resolves when it listens. */
  start(id: number): Promise<void>;
  /** Ends one in order (SIGTERM). */
  stop(id: number): Promise<void>;
  /** kill -9. */
  kill(id: number): Promise<void>;
  close(): Promise<void>;
}
