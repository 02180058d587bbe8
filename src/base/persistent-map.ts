const BITS = 5;
const MASK = 31;

interface Leaf<V> {
  readonly kind: 'leaf';
  readonly hash: number;
  readonly key: string;
  value: V;
}

/** Keys whose 32-bit hashes are equal. */
interface Collision<V> {
  readonly kind: 'collision';
  readonly hash: number;
  readonly leaves: readonly Leaf<V>[];
}

interface Branch<V> {
  readonly kind: 'branch';
  /** The draft that may change this node in place. */
  readonly owner: object | undefined;
  bitmap: number;
  children: Node<V>[];
}
type Node<V> = Leaf<V> | Collision<V> | Branch<V>;

function hashOf(key: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function bitCount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x5555_5555);
  count = (count & 0x3333_3333) + ((count >>> 2) & 0x3333_3333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/**
 * An immutable map from text, a hash array mapped trie: a change copies a handful of small nodes and shares the rest,
 * so that a version of a large map costs little and old versions stay valid. Order of iteration is unspecified.
 */
export class PersistentMap<V> {
  readonly #root: Node<V> | undefined;
  readonly size: number;

  private constructor(root: Node<V> | undefined, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(undefined, 0);
  }

  /** For {@link MapDraft} alone. */
  static ofTree<V>(root: Node<V> | undefined, size: number): PersistentMap<V> {
    return new PersistentMap(root, size);
  }

  get(key: string): V | undefined {
    return find(this.#root, key)?.value;
  }

  has(key: string): boolean {
    return find(this.#root, key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    return this.draft().set(key, value).finish();
  }

  delete(key: string): PersistentMap<V> {
    return this.draft().delete(key).finish();
  }

  /** Starts a batch of changes that share the copied nodes. */
  draft(): MapDraft<V> {
    return new MapDraft(this, this.#root, this.size);
  }

  *entries(): IterableIterator<[string, V]> {
    for (const { key, value } of walk(this.#root)) yield [key, value];
  }

  *keys(): IterableIterator<string> {
    for (const { key } of walk(this.#root)) yield key;
  }

  *values(): IterableIterator<V> {
    for (const { value } of walk(this.#root)) yield value;
  }
}

/** Changes on the way to a new version of a map. Not used after {@link finish}. */
export class MapDraft<V> {
  readonly #origin: PersistentMap<V>;
  readonly #owner = {};
  #root: Node<V> | undefined;
  #size: number;
  #changed = false;

  constructor(origin: PersistentMap<V>, root: Node<V> | undefined, size: number) {
    this.#origin = origin;
    this.#root = root;
    this.#size = size;
  }

  get(key: string): V | undefined {
    return find(this.#root, key)?.value;
  }

  set(key: string, value: V): this {
    const leaf: Leaf<V> = { kind: 'leaf', hash: hashOf(key), key, value };
    this.#root = this.#root === undefined ? this.#grown(leaf) : this.#put(this.#root, leaf, 0);
    this.#changed = true;
    return this;
  }

  delete(key: string): this {
    if (this.#root === undefined || find(this.#root, key) === undefined) return this;
    this.#root = this.#remove(this.#root, key, { hash: hashOf(key), shift: 0 });
    this.#size--;
    this.#changed = true;
    return this;
  }

  /** The new version; the very same map when nothing was changed. */
  finish(): PersistentMap<V> {
    return this.#changed ? PersistentMap.ofTree(this.#root, this.#size) : this.#origin;
  }

  #grown(node: Node<V>): Node<V> {
    this.#size++;
    return node;
  }

  #put(node: Node<V>, leaf: Leaf<V>, shift: number): Node<V> {
    switch (node.kind) {
      case 'leaf':
        if (node.key === leaf.key) return leaf;
        if (node.hash === leaf.hash) {
          return this.#grown({ kind: 'collision', hash: leaf.hash, leaves: [node, leaf] });
        }
        return this.#put(this.#branchOf(node, shift), leaf, shift);
      case 'collision':
        if (node.hash !== leaf.hash) return this.#put(this.#branchOf(node, shift), leaf, shift);
        return this.#putColliding(node, leaf);
      case 'branch':
        return this.#putBelow(node, leaf, shift);
      default:
        return node satisfies never;
    }
  }

  #putColliding(node: Collision<V>, leaf: Leaf<V>): Node<V> {
    const others = node.leaves.filter(({ key }) => key !== leaf.key);
    if (others.length === node.leaves.length) this.#size++;
    return { kind: 'collision', hash: node.hash, leaves: [...others, leaf] };
  }

  #putBelow(node: Branch<V>, leaf: Leaf<V>, shift: number): Node<V> {
    const branch = this.#own(node);
    const bit = 1 << ((leaf.hash >>> shift) & MASK);
    const index = bitCount(branch.bitmap & (bit - 1));
    if ((branch.bitmap & bit) === 0) {
      branch.children.splice(index, 0, this.#grown(leaf));
      branch.bitmap |= bit;
    } else {
      branch.children[index] = this.#put(branch.children[index]!, leaf, shift + BITS);
    }
    return branch;
  }

  #remove(node: Node<V>, key: string, at: { hash: number; shift: number }): Node<V> | undefined {
    if (node.kind === 'leaf') return undefined;
    if (node.kind === 'collision') {
      const leaves = node.leaves.filter((leaf) => leaf.key !== key);
      return leaves.length === 1 ? leaves[0] : { kind: 'collision', hash: node.hash, leaves };
    }
    const branch = this.#own(node);
    const bit = 1 << ((at.hash >>> at.shift) & MASK);
    const index = bitCount(branch.bitmap & (bit - 1));
    const child = this.#remove(branch.children[index]!, key, { hash: at.hash, shift: at.shift + BITS });
    if (child !== undefined) {
      branch.children[index] = child;
    } else {
      branch.children.splice(index, 1);
      branch.bitmap &= ~bit;
    }
    if (branch.children.length === 0) return undefined;
    const only = branch.children[0]!;
    return branch.children.length === 1 && only.kind !== 'branch' ? only : branch;
  }

  #branchOf(node: Leaf<V> | Collision<V>, shift: number): Branch<V> {
    return { kind: 'branch', owner: this.#owner, bitmap: 1 << ((node.hash >>> shift) & MASK), children: [node] };
  }

  #own(node: Branch<V>): Branch<V> {
    if (node.owner === this.#owner) return node;
    return { kind: 'branch', owner: this.#owner, bitmap: node.bitmap, children: node.children.slice() };
  }
}

function find<V>(root: Node<V> | undefined, key: string): Leaf<V> | undefined {
  const hash = hashOf(key);
  let node = root;
  for (let shift = 0; node?.kind === 'branch'; shift += BITS) {
    const bit = 1 << ((hash >>> shift) & MASK);
    node = (node.bitmap & bit) === 0 ? undefined : node.children[bitCount(node.bitmap & (bit - 1))];
  }
  if (node === undefined) return undefined;
  if (node.kind === 'collision') return node.leaves.find((leaf) => leaf.key === key);
  return node.key === key ? node : undefined;
}

function* walk<V>(node: Node<V> | undefined): IterableIterator<Leaf<V>> {
  if (node === undefined) return;
  if (node.kind === 'leaf') yield node;
  else for (const child of node.kind === 'branch' ? node.children : node.leaves) yield* walk(child);
}
