import type { RunningCluster } from './running-cluster.ts';
import type { BrokerProcess, BrokerSettings, SideName } from './side.ts';

/** Brokers of a cluster. */
export const MEMBERS = 3;

/** Three brokers of one side that make one cluster. */
export interface ClusterSide {
  readonly name: SideName;
  /** Sets it up in an empty directory and starts it; resolves when every broker has answered something. */
  launch(home: string, settings?: BrokerSettings): Promise<RunningCluster>;
  /** Starts three brokers at once with as few processes as it takes, in an empty directory, without waiting for them. */
  launchTogether(home: string, options: { readonly isEphemeral: boolean }): Promise<StartingBrokers>;
}

/** Brokers that were spawned, in one process or several, and may not answer yet. */
export interface StartingBrokers {
  readonly ports: readonly number[];
  readonly processes: readonly BrokerProcess[];
}
