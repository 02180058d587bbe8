import type { ErrorSpec } from '../protocol/errors.ts';
import type { Timer, Timers } from '../runtime/clock.ts';
import type { PendingReply } from './pending-reply.ts';

interface HeldReply {
  readonly pending: PendingReply<unknown>;
  readonly response: unknown;
}

interface Commit {
  readonly lastOffset: number;
  held: HeldReply[];
  readonly due: readonly Due[];
  timer: Timer | undefined;
}

/** Work that is due once what was written before it is committed. */
type Due = () => void;

/**
 * The answers and the work that wait for the high watermark, in the order of the appends before them. An answer that
 * waits longer than `timeoutMs` fails with `timeoutError`, as the outcome is not known; the state stays, for the records
 * may well be committed later. Work waits on, and is dropped when the appends before it fail.
 */
export class CommitQueue {
  readonly #timers: Timers;
  readonly #timeoutMs: () => number;
  readonly #timeoutError: ErrorSpec;
  #commits: Commit[] = [];
  /** Answers to what is decided but not appended yet. */
  #staged: HeldReply[] = [];
  #stagedDue: Due[] = [];

  constructor(timers: Timers, timeoutMs: () => number, timeoutError: ErrorSpec) {
    this.#timers = timers;
    this.#timeoutMs = timeoutMs;
    this.#timeoutError = timeoutError;
  }

  /** Whether something is appended that is not committed yet. */
  get isWaiting(): boolean {
    return this.#commits.length > 0;
  }

  /** Holds an answer until the append that is to come is committed. */
  holdForStaged(pending: PendingReply<unknown>, response: unknown): void {
    this.#staged.push({ pending, response });
  }

  /** Holds an answer until the last append is committed; at once when nothing waits. */
  holdForLast(pending: PendingReply<unknown>, response: unknown): void {
    const last = this.#commits.at(-1);
    if (last === undefined) {
      pending.settle(response);
      return;
    }
    last.held.push({ pending, response });
    this.#watch(last);
  }

  /** Has `due` run when the append that is to come is committed. */
  runAfterStaged(due: Due): void {
    this.#stagedDue.push(due);
  }

  /** What was staged is appended up to `lastOffset`. */
  appended(lastOffset: number): void {
    const commit: Commit = { lastOffset, held: this.#staged, due: this.#stagedDue, timer: undefined };
    this.#staged = [];
    this.#stagedDue = [];
    this.#commits.push(commit);
    this.#watch(commit);
  }

  /** Everything up to `offset` is committed: the answers go out in order, and the work behind them runs. */
  committed(offset: number): void {
    while (this.#commits.length > 0 && this.#commits[0]!.lastOffset <= offset) {
      const commit = this.#commits.shift()!;
      commit.timer?.cancel();
      for (const { pending, response } of commit.held) pending.settle(response);
      for (const due of commit.due) due();
    }
  }

  /** Nothing of what waits will be committed as far as anyone can tell here. */
  fail(error: ErrorSpec): void {
    for (const { pending } of this.#staged) pending.fail(error);
    for (const commit of this.#commits) {
      commit.timer?.cancel();
      for (const { pending } of commit.held) pending.fail(error);
    }
    this.#staged = [];
    this.#stagedDue = [];
    this.#commits = [];
  }

  #watch(commit: Commit): void {
    if (commit.timer !== undefined || commit.held.length === 0) return;
    commit.timer = this.#timers.set(this.#timeoutMs(), () => {
      const held = commit.held;
      commit.held = [];
      commit.timer = undefined;
      for (const { pending } of held) pending.fail(this.#timeoutError);
    });
  }
}
