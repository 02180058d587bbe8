import type { SeededRandom } from '../../base/seeded-random.ts';
import { KafkaError } from '../../client/client-error.ts';
import { isMismatch, type World } from './world.ts';

/** What a client may be told at the worst; anything else is a fault of the cluster. */
const BEARABLE: ReadonlySet<string> = new Set([
  'CONNECTION_FAILED',
  'TIMED_OUT',
  'CLOSED',
  'ABORTED',
  'INVALID_STATE',
  // A transaction that took too long, or whose producer was away, is ended by its coordinator.
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'TRANSACTION_ABORTABLE',
  'INVALID_TXN_STATE',
  // Records were given up because the markers of the transaction before did not get through all the while.
  'CONCURRENT_TRANSACTIONS',
]);

/** Pauses between what a client does. */
const PAUSE_MS_MAX = 400;

/** One client of the workload, on a host of its own. */
export abstract class WorkloadClient {
  readonly name: string;
  protected readonly world: World;
  protected readonly random: SeededRandom;
  #isStopping = false;
  #ended: Promise<void> | undefined;
  #isEnded = false;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    this.random = world.random(`client ${name}`);
  }

  start(): void {
    this.#ended = this.work().then(
      () => void (this.#isEnded = true),
      (error: unknown) => {
        this.#isEnded = true;
        this.world.fail(`${this.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      },
    );
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** All that it began has ended. */
  get isEnded(): boolean {
    return this.#isEnded || this.#ended === undefined;
  }

  protected get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Resolves when the client was told to stop, and has. */
  protected abstract work(): Promise<void>;

  protected pause(msMax = PAUSE_MS_MAX): Promise<void> {
    return this.world.sleep(this.random.next() * msMax);
  }

  protected get atMs(): number {
    return Math.floor(this.world.time.monotonicMs());
  }

  /** Passes over what a client may be told while there are faults. */
  protected bear(error: unknown, also: ReadonlySet<string> = BEARABLE): void {
    if (error instanceof Error && isMismatch(`${error.message} ${String(error.cause)}`))
      this.world.fail(`I18 ${this.name} is told ${error.message}`);
    if (error instanceof KafkaError && (error.retriable || BEARABLE.has(error.code) || also.has(error.code))) return;
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.world.fail(`${this.name} is told ${told}`);
  }

  /** Passes over whatever a broker may answer; mistakes of this side are none of that. */
  protected bearAny(error: unknown): void {
    if (error instanceof KafkaError && error.code !== 'UNKNOWN_SERVER_ERROR') return;
    this.bear(error);
  }
}
