/** What a client program does: records in batches or one by one, a topic read from its start, or both ends at a fixed rate. */
export const JOB_MODES = ['produce', 'produce-one', 'consume', 'latency'] as const;
export type JobMode = (typeof JOB_MODES)[number];

/** One run of one client, in a process of its own. Every program takes these, in this order, as its arguments. */
export interface ClientJob {
  readonly mode: JobMode;
  readonly bootstrap: string;
  readonly topic: string;
  /** Records that count. */
  readonly records: number;
  /** Records before them that do not, to warm client and connections up. */
  readonly warmUp: number;
  /** Of each value; records have no key. */
  readonly bytes: number;
}

/** What a program prints as JSON: of the records that count, and of its own process meanwhile. */
export interface ClientResult {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Highest resident memory of the process, 10^6 bytes. */
  readonly residentMaxMb: number;
  /** From due time to arrival, in microseconds; of `latency` alone. */
  readonly ways?: { readonly p50: number; readonly p99: number; readonly p999: number };
}

/** The records that fall due in a second of `latency`. */
export const RECORDS_PER_SECOND = 1000;

export function argumentsOf({ mode, bootstrap, topic, records, warmUp, bytes }: ClientJob): string[] {
  return [mode, bootstrap, topic, String(records), String(warmUp), String(bytes)];
}

/** Throws when it is not what {@link argumentsOf} makes. */
export function jobOf(args: readonly string[]): ClientJob {
  const [mode, bootstrap, topic, ...numbers] = args;
  const known = JOB_MODES.find((each) => each === mode);
  const [records, warmUp, bytes] = numbers.map(Number);
  if (known === undefined || bootstrap === undefined || topic === undefined)
    throw new Error(`no job: ${args.join(' ')}`);
  if (!isCount(records) || !isCount(warmUp) || !isCount(bytes)) throw new Error(`no job: ${args.join(' ')}`);
  return { mode: known, bootstrap, topic, records, warmUp, bytes };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}
