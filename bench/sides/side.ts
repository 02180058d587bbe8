import type { ChildProcess } from 'node:child_process';

/** Posthorn is what is judged, Kafka what it is judged by. */
export type SideName = 'posthorn' | 'kafka';

/** A broker process; it may not answer yet. */
export interface BrokerProcess {
  readonly pid: number;
  readonly port: number;
  readonly bootstrap: string;
  /** `performance.now()` just before the process was spawned. */
  readonly spawnedAt: number;
  /** False once the process has ended, for whatever reason. */
  isAlive(): boolean;
  /** What it printed last, for error messages. */
  output(): string;
  /** SIGTERM, then SIGKILL after a grace time; resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Settings of server.properties beyond what a side has by itself; the same for both. */
export type BrokerSettings = Readonly<Record<string, string>>;

/** One of the two brokers: how it is set up in a directory and started there. */
export interface Side {
  readonly name: SideName;
  /** Makes an empty directory ready for its first start; not part of any measured time. */
  prepare(home: string): Promise<void>;
  /** Starts it; may be called again on the same directory once the process before is gone. */
  launch(home: string, settings?: BrokerSettings): Promise<BrokerProcess>;
}

/** Everything a launched process needs around it: it is killed when the bench ends early. */
export const launched = new Set<ChildProcess>();
