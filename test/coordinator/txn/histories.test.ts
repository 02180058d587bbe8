import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { TransactionMarker } from '../../../src/coordinator/txn/marker-sender.ts';
import { decodeTransactionRecord } from '../../../src/coordinator/txn/transaction-records.ts';
import type { TransactionState } from '../../../src/coordinator/txn/transaction-state.ts';
import { TransactionStatus } from '../../../src/coordinator/txn/transaction-status.ts';
import { E } from '../../../src/protocol/errors.ts';
import { decodeRecords } from '../../../src/records/batch-records.ts';
import { compacted } from '../compacted-log.ts';
import { NOBODY, ORDERS, TransactionWorld, TV1, TV2, type Producer, type Settings } from './transaction-world.ts';

const IDS = ['tx-a', 'tx-b'];
const CLIENTS = 4;
const SETTLE_MS = 40 * 60_000;

/** One thing that happens. `client` is who does it; what it needs to know it has from the answers it got. */
type Step =
  | { readonly does: 'start' | 'recover' | 'forget'; readonly client: number }
  | { readonly does: 'add'; readonly client: number; readonly partition: number; readonly asBroker: boolean }
  | { readonly does: 'end'; readonly client: number; readonly isCommit: boolean; readonly bumps: boolean }
  | { readonly does: 'mark'; readonly marker: number; readonly outcome: 'written' | 'failed' | 'half' }
  | { readonly does: 'wait'; readonly ms: number }
  | { readonly does: 'crash' | 'failAppend' | 'refuseAppends' | 'holdCommits' | 'recoverLog' | 'dropTopic' };

const client = fc.nat({ max: CLIENTS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constantFrom('start' as const, 'recover' as const, 'forget' as const), client }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('add' as const),
      client,
      partition: fc.nat({ max: 2 }),
      asBroker: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('end' as const),
      client,
      isCommit: fc.boolean(),
      bumps: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('mark' as const),
      marker: fc.nat({ max: 3 }),
      outcome: fc.constantFrom('written' as const, 'written' as const, 'failed' as const, 'half' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 50, 2_000, 31_000, 70_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'crash' as const,
        'crash' as const,
        'failAppend' as const,
        'refuseAppends' as const,
        'holdCommits' as const,
        'recoverLog' as const,
        'recoverLog' as const,
        'dropTopic' as const,
      ),
    }),
  },
);

interface Client {
  readonly id: string;
  producer: Producer;
}

/** Plays a history against a coordinator and watches what must hold on the way. */
class Play {
  readonly world: TransactionWorld;
  readonly #clients: Client[];
  readonly #unanswered = new Set<string>();
  readonly #violations: string[] = [];
  readonly #given = new Set<string>();
  #requests = 0;
  #sent = 0;

  constructor(settings: Partial<Settings>) {
    this.world = new TransactionWorld({ removeExpiredIntervalMs: 60_000, ...settings });
    this.world.markerError = undefined;
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => ({
      id: IDS[index % IDS.length]!,
      producer: NOBODY,
    }));
  }

  get wrongs(): string[] {
    return [...this.#violations, ...[...this.#unanswered].map((request) => `${request} unanswered`)];
  }

  async take(taken: Step): Promise<void> {
    const { world } = this;
    switch (taken.does) {
      case 'start':
      case 'recover':
        this.#start(this.#clients[taken.client]!, taken.does === 'recover');
        break;
      case 'forget':
        this.#clients[taken.client]!.producer = NOBODY;
        break;
      case 'add':
        this.#add(this.#clients[taken.client]!, taken.partition, taken.asBroker);
        break;
      case 'end':
        this.#end(this.#clients[taken.client]!, taken);
        break;
      case 'mark':
        this.#mark(taken.marker, taken.outcome);
        break;
      case 'wait':
        await world.time.run(taken.ms);
        break;
      case 'crash':
        await this.#crash();
        break;
      case 'failAppend':
        world.log.nextAppendError = E.NOT_ENOUGH_REPLICAS;
        break;
      case 'refuseAppends':
        world.log.knownError = E.NOT_ENOUGH_REPLICAS;
        break;
      case 'holdCommits':
        world.log.isCommitting = false;
        break;
      case 'recoverLog':
        this.#recoverLog();
        break;
      case 'dropTopic':
        world.missing.add('orders-2');
        break;
      default:
        taken satisfies never;
    }
    await world.time.settle();
    this.#checkMarkers();
  }

  /** All is well again and everybody is patient. */
  async comeToRest(): Promise<void> {
    const { world } = this;
    this.#recoverLog();
    world.markerError = E.NONE;
    for (const held of world.held.splice(0)) held.answer(E.NONE);
    await world.time.run(SETTLE_MS);
    await world.time.settle();
  }

  /** Every state of a transactional id, in the order of the log. */
  history(id: string): TransactionState[] {
    const states: TransactionState[] = [];
    for (const { key, value } of this.world.log.batches(0).flatMap((batch) => decodeRecords(batch))) {
      const record = key === null ? undefined : decodeTransactionRecord(key, value);
      if (record?.transactionalId === id && record.state !== null) states.push(record.state);
    }
    return states;
  }

  #start(who: Client, isRecovery: boolean): void {
    const expected = isRecovery ? who.producer : NOBODY;
    const asked = this.world.init(who.id, expected, { timeoutMs: 60_000 }).then((producer) => {
      if (typeof producer === 'string') return;
      who.producer = producer;
      const name = `${producer.producerId} ${producer.producerEpoch}`;
      // A recovery may be told again what it was told; a start never gets what anybody has.
      if (!isRecovery && this.#given.has(name)) this.#violations.push(`${name} given twice`);
      this.#given.add(name);
    });
    this.#expect('init', asked);
  }

  #add(who: Client, partition: number, asBroker: boolean): void {
    const partitions = [ORDERS[partition]!];
    const added = asBroker
      ? this.world.enrol(who.id, who.producer, partitions)
      : this.world.add(who.id, who.producer, partitions, TV1.add);
    this.#expect('add', added);
  }

  #end(who: Client, { isCommit, bumps }: { isCommit: boolean; bumps: boolean }): void {
    const { producer } = who;
    const ended = this.world.end(who.id, producer, isCommit, bumps ? TV2.end : TV1.end).then((answer) => {
      if (typeof answer === 'string' && answer !== 'NONE') return;
      this.#checkOutcome(who.id, producer, { isCommit, bumps });
      if (typeof answer === 'string') return;
      if (who.producer === producer) who.producer = answer;
      this.#given.add(`${answer.producerId} ${answer.producerEpoch}`);
    });
    this.#expect('end', ended);
  }

  /** What was answered is in the log: the last decision about the producer's transaction is the one it was told. */
  #checkOutcome(id: string, producer: Producer, end: { isCommit: boolean; bumps: boolean }): void {
    const wanted = end.isCommit ? TransactionStatus.prepareCommit : TransactionStatus.prepareAbort;
    const epoch = end.bumps ? producer.producerEpoch + 1 : producer.producerEpoch;
    const decided = this.history(id).filter(
      (state) =>
        state.producerId === producer.producerId && state.producerEpoch === epoch && isPreparedStatus(state.status),
    );
    if (decided.at(-1)?.status !== wanted) this.#violations.push(`${id}: told ${wanted}, decided otherwise`);
  }

  #mark(index: number, outcome: 'written' | 'failed' | 'half'): void {
    const [held] = this.world.held.splice(index % Math.max(1, this.world.held.length), 1);
    const error = outcome === 'failed' ? E.NOT_LEADER_OR_FOLLOWER : E.NONE;
    held?.answerEach(({ partition }) => (outcome === 'half' && partition > 0 ? E.REQUEST_TIMED_OUT : error));
  }

  /** Replaying the log, compacted or not, comes to the state that was lived through. */
  async #crash(): Promise<void> {
    const { world } = this;
    this.#recoverLog();
    await world.time.settle();
    const lived = await this.#recorded();
    const whole = world.log.batches(0);
    for (const batches of [compacted(whole, 'kept'), compacted(whole, 'dropped'), whole]) {
      world.log.replace(0, batches);
      world.restart();
      const replayed = await this.#recorded();
      if (lived !== replayed) this.#violations.push(`lived ${lived}, replayed ${replayed}`);
    }
  }

  async #recorded(): Promise<string> {
    const states = await Promise.all(IDS.map((id) => this.world.describe(id)));
    // Which partitions have their marker is not in the log; a load finds at once that the last of them is gone.
    const seen = states.map((state) => {
      const isEnding = /^(?:Prepare|Complete)/.test(state.transactionState);
      return isEnding
        ? { ...state, transactionState: state.transactionState.replace('Prepare', 'Complete'), topics: [] }
        : state;
    });
    return JSON.stringify(seen);
  }

  #recoverLog(): void {
    const { log } = this.world;
    log.knownError = E.NONE;
    log.nextAppendError = E.NONE;
    log.isCommitting = true;
    log.commit(0);
  }

  /** A marker says what the last record says, and goes nowhere but to partitions of the transaction. */
  #checkMarkers(): void {
    const { sent } = this.world;
    for (; this.#sent < sent.length; this.#sent++) {
      const marker = sent[this.#sent]!;
      const decided = this.#decisionBehind(marker);
      if (decided === undefined) this.#violations.push(`marker of ${marker.producerId} without a decision`);
      else if (!decided.partitions.hasAll(marker.partitions)) this.#violations.push('a marker goes astray');
    }
  }

  #decisionBehind({ producerId, producerEpoch, isCommit }: TransactionMarker): TransactionState | undefined {
    const status = isCommit ? TransactionStatus.prepareCommit : TransactionStatus.prepareAbort;
    return IDS.flatMap((id) => this.history(id)).findLast(
      (state) => state.producerId === producerId && state.producerEpoch === producerEpoch && state.status === status,
    );
  }

  #expect(what: string, promise: Promise<unknown>): void {
    const name = `${what} ${this.#requests++}`;
    this.#unanswered.add(name);
    void promise.then(
      () => this.#unanswered.delete(name),
      (error: unknown) => this.#violations.push(`${name}: ${String(error)}`),
    );
  }
}

function isPreparedStatus(status: TransactionStatus): boolean {
  return status === TransactionStatus.prepareCommit || status === TransactionStatus.prepareAbort;
}

/** What may come after what; a decision has one end. */
const FOLLOWERS: Readonly<Record<TransactionStatus, readonly TransactionStatus[]>> = {
  [TransactionStatus.empty]: [TransactionStatus.empty, TransactionStatus.ongoing, TransactionStatus.prepareAbort],
  [TransactionStatus.ongoing]: [
    TransactionStatus.ongoing,
    TransactionStatus.prepareCommit,
    TransactionStatus.prepareAbort,
  ],
  [TransactionStatus.prepareCommit]: [TransactionStatus.completeCommit],
  [TransactionStatus.prepareAbort]: [TransactionStatus.completeAbort],
  [TransactionStatus.completeCommit]: [
    TransactionStatus.empty,
    TransactionStatus.ongoing,
    TransactionStatus.prepareAbort,
  ],
  [TransactionStatus.completeAbort]: [
    TransactionStatus.empty,
    TransactionStatus.ongoing,
    TransactionStatus.prepareAbort,
  ],
};

function faultsOf(history: readonly TransactionState[]): string[] {
  const faults: string[] = [];
  history.slice(1).forEach((state, index) => {
    const before = history[index]!;
    if (!FOLLOWERS[before.status].includes(state.status)) faults.push(`${before.status} then ${state.status}`);
    const isNewId = state.producerId !== before.producerId;
    if (isNewId ? state.producerEpoch !== 0 : state.producerEpoch < before.producerEpoch) {
      faults.push(`epoch ${before.producerEpoch} then ${state.producerEpoch}`);
    }
  });
  const last = history.at(-1);
  if (last !== undefined && (isPreparedStatus(last.status) || last.status === TransactionStatus.ongoing)) {
    faults.push(`ends in ${last.status}`);
  }
  return faults;
}

const settings = fc.record({
  transactionVersion: fc.constantFrom(0, 1, 2),
  transactionalIdExpirationMs: fc.constantFrom(100_000, 604_800_000),
});

test('whatever happens, each transaction ends, and one way only; epochs never go back', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { minLength: 20, maxLength: 80 }), async (wished, steps) => {
      const play = new Play(wished);
      for (const id of [0, 1]) await play.take({ does: 'start', client: id });
      for (const taken of steps) await play.take(taken);
      await play.comeToRest();
      assert.deepEqual(play.wrongs, []);
      for (const id of IDS) assert.deepEqual(faultsOf(play.history(id)), []);
    }),
    { numRuns: 150 },
  );
});
