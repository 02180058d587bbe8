/** Taken in one go: the broker stands still while they are removed. */
const TAKEN_AT_ONCE = 4;

/** Directories of deleted logs, which go after a while. */
export class DeletedDirectories {
  #waiting: { readonly path: string; readonly dueMs: number }[] = [];

  add(path: string, dueMs: number): void {
    this.#waiting.push({ path, dueMs });
  }

  /** Whether the time of any has come. */
  hasDue(nowMs: number): boolean {
    return this.#waiting.some(({ dueMs }) => dueMs <= nowMs);
  }

  /** Hands out some of those whose time has come. */
  takeDue(nowMs: number): string[] {
    const due: string[] = [];
    this.#waiting = this.#waiting.filter(({ path, dueMs }) => {
      const isTaken = dueMs <= nowMs && due.length < TAKEN_AT_ONCE;
      if (isTaken) due.push(path);
      return !isTaken;
    });
    return due;
  }
}
