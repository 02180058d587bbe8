type Pair = readonly [number, number];

/** What is wrong between logs and their indexes, told at the end. */
export class DumpFindings {
  readonly #indexMismatches = new Map<string, Map<number, number>>();
  readonly #timeMismatches = new Map<string, Pair[]>();
  readonly #outOfOrder = new Map<string, Pair[]>();
  readonly #notFound = new Map<string, Pair[]>();
  readonly #gaps = new Map<string, Map<number, number>>();

  indexMismatch(path: string, indexOffset: number, logOffset: number): void {
    mapIn(this.#indexMismatches, path).set(indexOffset, logOffset);
  }

  timeMismatch(path: string, indexTime: number, logTime: number): void {
    listIn(this.#timeMismatches, path).push([indexTime, logTime]);
  }

  outOfOrder(path: string, indexTime: number, earlierTime: number): void {
    listIn(this.#outOfOrder, path).push([indexTime, earlierTime]);
  }

  notFound(path: string, indexOffset: number, logOffset: number): void {
    listIn(this.#notFound, path).push([indexOffset, logOffset]);
  }

  gap(path: string, offset: number, nextOffset: number): void {
    mapIn(this.#gaps, path).set(offset, nextOffset);
  }

  lines(): string[] {
    return [
      ...told(
        this.#indexMismatches,
        (path) => `Mismatches in :${path}`,
        descending,
        (a, b) => `  Index offset: ${a}, log offset: ${b}`,
      ),
      ...told(
        this.#timeMismatches,
        (path) => `Found timestamp mismatch in :${path}`,
        asTheyCame,
        (a, b) => `  Index timestamp: ${a}, log timestamp: ${b}`,
      ),
      ...told(
        this.#outOfOrder,
        (path) => `Found out of order timestamp in :${path}`,
        asTheyCame,
        (a, b) => `  Index timestamp: ${a}, Previously indexed timestamp: ${b}`,
      ),
      ...told(
        this.#notFound,
        (path) => `The following indexed offsets are not found in :${path}`,
        asTheyCame,
        (a, b) => `Indexed offset: ${a}, found log offset: ${b}`,
      ),
      ...told(
        this.#gaps,
        (path) => `Non-consecutive offsets in ${path}`,
        ascending,
        (a, b) => `  ${a} is followed by ${b}`,
      ),
    ];
  }
}

type Order = (pairs: readonly Pair[]) => readonly Pair[];

function ascending(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.toSorted(([a], [b]) => a - b);
}

function descending(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.toSorted(([a], [b]) => b - a);
}

function asTheyCame(pairs: readonly Pair[]): readonly Pair[] {
  return pairs;
}

function told(
  found: ReadonlyMap<string, Iterable<Pair>>,
  title: (path: string) => string,
  order: Order,
  line: (a: number, b: number) => string,
): string[] {
  return [...found].flatMap(([path, pairs]) => [title(path), ...order([...pairs]).map(([a, b]) => line(a, b))]);
}

function mapIn(all: Map<string, Map<number, number>>, path: string): Map<number, number> {
  const found = all.get(path) ?? new Map<number, number>();
  all.set(path, found);
  return found;
}

function listIn(all: Map<string, Pair[]>, path: string): Pair[] {
  const found = all.get(path) ?? [];
  all.set(path, found);
  return found;
}
