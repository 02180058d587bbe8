import type { Findings } from './findings.ts';
import type { PollEvent, StableOffsetEvent, TransactionEvent } from './history-event.ts';

export type TransactionEnd = 'open' | 'committed' | 'aborted' | 'unknown';

/** One transaction as its client and the readers saw it. Positions are -1 until the event came. */
export interface Transaction {
  readonly name: string;
  readonly client: string;
  end: TransactionEnd;
  beganAt: number;
  askedAt: number;
  askedAtMs: number;
  endedAt: number;
  /** The first read by read_committed that came before anybody asked for a commit. */
  earlyReadAt: number;
  earlyReadAtMs: number;
}

interface Stability {
  lastStableOffset: number;
  sinceMs: number;
  sinceAt: number;
  reported: boolean;
}

/** Follows transactions, and the last stable offsets that they hold back. Bounded by the number of transactions. */
export class TransactionLedger {
  readonly #transactions = new Map<string, Transaction>();
  readonly #stability = new Map<string, Stability>();
  readonly #killed = new Set<string>();
  readonly #findings: Findings;
  readonly #undecidedMsMax: number;

  constructor(findings: Findings, undecidedMsMax: number) {
    this.#findings = findings;
    this.#undecidedMsMax = undecidedMsMax;
  }

  of(name: string, client = ''): Transaction {
    let transaction = this.#transactions.get(name);
    if (transaction === undefined) {
      const never = { beganAt: -1, askedAt: -1, askedAtMs: 0, endedAt: -1, earlyReadAt: -1, earlyReadAtMs: 0 };
      transaction = { name, client, end: 'open', ...never };
      this.#transactions.set(name, transaction);
    }
    return transaction;
  }

  all(): Iterable<Transaction> {
    return this.#transactions.values();
  }

  step(event: TransactionEvent, at: number): void {
    const transaction = this.of(event.transaction, event.client);
    switch (event.type) {
      case 'begin':
        transaction.beganAt = at;
        return;
      case 'commitAsked':
        transaction.askedAt = at;
        transaction.askedAtMs = event.atMs;
        return;
      case 'committed':
      case 'aborted':
        transaction.end = event.type;
        transaction.endedAt = at;
        return;
      case 'undecided':
        transaction.end = 'unknown';
        transaction.endedAt = at;
        return;
      default:
        event.type satisfies never;
    }
  }

  /** A killed client cannot tell how its transactions end. */
  kill(client: string): void {
    this.#killed.add(client);
  }

  /** A read_committed reader got one of its records. */
  read(transaction: Transaction, event: PollEvent, at: number): void {
    if (transaction.askedAt >= 0 || transaction.earlyReadAt >= 0) return;
    transaction.earlyReadAt = at;
    transaction.earlyReadAtMs = event.atMs;
  }

  look(event: StableOffsetEvent, at: number): void {
    const key = `${event.topic}-${event.partition}`;
    const before = this.#stability.get(key);
    if (before === undefined || before.lastStableOffset !== event.lastStableOffset || isAllStable(event)) {
      const { lastStableOffset, atMs } = event;
      this.#stability.set(key, { lastStableOffset, sinceMs: atMs, sinceAt: at, reported: false });
      return;
    }
    const heldMs = event.atMs - before.sinceMs;
    if (before.reported || heldMs <= this.#undecidedMsMax) return;
    before.reported = true;
    this.#findings.add(
      'stuck',
      `the last stable offset of ${key} stood at ${event.lastStableOffset} for ${heldMs} ms`,
      before.sinceAt,
      at,
    );
  }

  /** Closes the books: dirty reads, and commits that were asked for and never answered. */
  close(endMs: number): void {
    for (const transaction of this.#transactions.values()) {
      const { name, client, askedAt, askedAtMs, earlyReadAt, earlyReadAtMs, end } = transaction;
      const wasEarly = earlyReadAt >= 0 && (askedAt < 0 || earlyReadAtMs < askedAtMs);
      if (wasEarly && end !== 'aborted')
        this.#findings.add('dirty-read', `transaction ${name} was read before its commit`, earlyReadAt, askedAt);
      const isWaiting = end === 'open' && askedAt >= 0 && !this.#killed.has(client);
      if (isWaiting && endMs - askedAtMs > this.#undecidedMsMax)
        this.#findings.add('stuck', `the commit of transaction ${name} never ended`, transaction.beganAt, askedAt);
    }
  }
}

function isAllStable({ lastStableOffset, highWatermark }: StableOffsetEvent): boolean {
  return lastStableOffset >= highWatermark;
}
