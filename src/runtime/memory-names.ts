import { MemoryNode, type Survival } from './memory-node.ts';

/** A directory: its names as programs see them, and as they would be found after power loss. */
export class MemoryDirectory {
  readonly entries = new Map<string, Entry>();
  readonly durableEntries = new Map<string, Entry>();

  /** Makes the durable names those that programs see. */
  showDurable(): void {
    for (const [name, entry] of this.durableEntries) this.entries.set(name, entry);
  }
}

export type Entry = MemoryNode | MemoryDirectory;

/** Where a name stands. */
export interface Place {
  readonly directory: MemoryDirectory;
  readonly name: string;
}

/** A change of names that no sync of a directory has covered; a rename is one, so it survives whole or not at all. */
interface NameChange {
  readonly from?: Place;
  readonly to?: Place;
  readonly entry: Entry;
}

/** The names of a disk, with what of them is durable. */
export class MemoryNames {
  readonly root: MemoryDirectory;
  readonly #tracked: boolean;
  #changes: NameChange[] = [];

  constructor(tracked: boolean, root = new MemoryDirectory()) {
    this.root = root;
    this.#tracked = tracked;
  }

  link(to: Place, entry: Entry): void {
    to.directory.entries.set(to.name, entry);
    this.#changed({ to, entry });
  }

  unlink(from: Place, entry: Entry): void {
    from.directory.entries.delete(from.name);
    this.#changed({ from, entry });
  }

  rename(from: Place, to: Place, entry: Entry): void {
    from.directory.entries.delete(from.name);
    to.directory.entries.set(to.name, entry);
    this.#changed({ from, to, entry });
  }

  /** Makes the changes of one directory durable, and those of others that they rest on. */
  makeDurable(directory: MemoryDirectory): void {
    const chosen = new Set<NameChange>();
    const entries = new Set<Entry>();
    for (const change of this.#changes.toReversed()) {
      const isOurs = change.from?.directory === directory || change.to?.directory === directory;
      if (!isOurs && !entries.has(change.entry)) continue;
      chosen.add(change);
      entries.add(change.entry);
    }
    for (const change of this.#changes) if (chosen.has(change)) applyDurably(change);
    this.#changes = this.#changes.filter((change) => !chosen.has(change));
  }

  /** The tree after power loss, when the first of the changes made it to the disk, as many as `keptOf` says. */
  survivor(keptOf: (count: number) => number, survival: Survival): MemoryDirectory {
    const copies = new Map<Entry, Entry>();
    const root = copyOf(this.root, copies, survival);
    for (const { from, to, entry } of this.#changes.slice(0, keptOf(this.#changes.length))) {
      applyDurably({
        ...(from && { from: { directory: copyOf(from.directory, copies, survival), name: from.name } }),
        ...(to && { to: { directory: copyOf(to.directory, copies, survival), name: to.name } }),
        entry: copyOf(entry, copies, survival),
      });
    }
    for (const copy of copies.values()) if (copy instanceof MemoryDirectory) copy.showDurable();
    return root;
  }

  #changed(change: NameChange): void {
    if (this.#tracked) this.#changes.push(change);
  }
}

function applyDurably({ from, to, entry }: NameChange): void {
  if (from !== undefined) from.directory.durableEntries.delete(from.name);
  to?.directory.durableEntries.set(to.name, entry);
}

/** What is found of `entry` after power loss, without anything that was not synced being applied. One copy for each. */
function copyOf<Kind extends Entry>(entry: Kind, copies: Map<Entry, Entry>, survival: Survival): Kind {
  const known = copies.get(entry);
  if (known !== undefined) return known as Kind;
  const copy = entry instanceof MemoryDirectory ? new MemoryDirectory() : entry.survivor(survival);
  copies.set(entry, copy);
  if (entry instanceof MemoryDirectory && copy instanceof MemoryDirectory) {
    for (const [name, child] of entry.durableEntries) copy.durableEntries.set(name, copyOf(child, copies, survival));
  }
  return copy as Kind;
}
