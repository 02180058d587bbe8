/** Directories of deleted logs, which go after a while. */
export class DeletedDirectories {
  #waiting: { readonly path: string; readonly dueMs: number }[] = [];

  add(path: string, dueMs: number): void {
    this.#waiting.push({ path, dueMs });
  }

  /** Hands out those whose time has come. */
  takeDue(nowMs: number): string[] {
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length > 0) this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > nowMs);
    return due.map(({ path }) => path);
  }
}
