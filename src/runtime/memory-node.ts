import { MemoryContent } from './memory-content.ts';

/** A change of a file's content that no sync has covered yet. */
type Change =
  | { readonly kind: 'write'; readonly number: number; readonly bytes: Buffer; readonly position: number }
  | { readonly kind: 'truncate'; readonly number: number; readonly size: number };

/** What becomes of each change that was not synced, when the power goes. */
export type Survival = (changes: readonly Change[]) => { readonly change: Change; readonly keptBytes: number }[];

/** A file apart from its name. With `tracked` it knows what of it is durable; without it costs its content alone. */
export class MemoryNode {
  readonly content: MemoryContent;
  openCount = 0;
  isLinked = true;
  readonly #durable: MemoryContent | undefined;
  #changes: Change[] = [];
  #count = 0;

  constructor(tracked: boolean, content = new MemoryContent()) {
    this.content = content;
    this.#durable = tracked ? content.clone() : undefined;
  }

  write(bytes: Uint8Array, position: number): void {
    this.content.write(bytes, position);
    if (this.#durable === undefined) return;
    this.#changes.push({ kind: 'write', number: this.#count++, bytes: Buffer.from(bytes), position });
  }

  truncate(size: number): void {
    this.content.truncate(size);
    if (this.#durable !== undefined) this.#changes.push({ kind: 'truncate', number: this.#count++, size });
  }

  /** Stands for the changes so far, for {@link makeDurable}. */
  get changeCount(): number {
    return this.#count;
  }

  /** Makes the first `changeCount` changes durable. */
  makeDurable(changeCount: number): void {
    const durable = this.#durable;
    if (durable === undefined) return;
    for (const change of this.#changes) if (change.number < changeCount) apply(durable, change, Infinity);
    this.forget(changeCount);
  }

  /** After a failed sync the system takes its pages for clean: these changes stay visible and never become durable. */
  forget(changeCount: number): void {
    this.#changes = this.#changes.filter((change) => change.number >= changeCount);
  }

  /** The file as it is found after power loss. */
  survivor(survival: Survival): MemoryNode {
    const content = (this.#durable ?? this.content).clone();
    for (const { change, keptBytes } of survival(this.#changes)) apply(content, change, keptBytes);
    return new MemoryNode(this.#durable !== undefined, content);
  }
}

function apply(content: MemoryContent, change: Change, keptBytes: number): void {
  if (change.kind === 'truncate') content.truncate(change.size);
  else content.write(change.bytes.subarray(0, keptBytes), change.position);
}
