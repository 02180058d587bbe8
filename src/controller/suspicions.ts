import type { BrokerImage, ClusterImage } from '../metadata/cluster-image.ts';

/** A suspicion that is older than this counts no more. */
export const SUSPICION_MS = 500;
/** Reports that make a verdict; with fewer other brokers, all of theirs. */
const REPORTERS = 2;
/** Of the brokers no more than this part may be expelled within the time of a lease; one always may. */
const EXPELLED_PART = 3;

/** A report as this broker saw it come. */
export interface SeenReport {
  readonly reporter: number;
  readonly brokerEpoch: number;
  readonly seenMs: number;
}

/** Whether enough brokers find at about the same time that nobody answers at a broker's address (pure). */
export function isCondemned(
  image: ClusterImage,
  target: BrokerImage,
  reports: Iterable<SeenReport>,
  nowMs: number,
): boolean {
  const reporters = new Set<number>();
  for (const { reporter, brokerEpoch, seenMs } of reports) {
    const isFresh = nowMs - seenMs <= SUSPICION_MS && brokerEpoch === target.epoch;
    if (isFresh && reporter !== target.id && image.brokers.get(reporter)?.fenced === false) reporters.add(reporter);
  }
  const others = image.liveBrokers().filter(({ id }) => id !== target.id).length;
  return reporters.size > 0 && reporters.size >= Math.min(REPORTERS, others);
}

/** Brokers that may be expelled within the time of a lease, however many are suspected. */
export function expelledMax(image: ClusterImage): number {
  return Math.max(1, Math.floor(image.brokers.size / EXPELLED_PART));
}
