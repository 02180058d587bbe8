/** What one topic must hold: each key's lines in order. A line ends with the value; `fields` says what is compared. */
export interface Expectation {
  readonly lines: ReadonlyMap<string, readonly Buffer[]>;
  readonly count: number;
  /** 'all' compares timestamp, headers and value; 'value' the value, and the headers with `headers`. */
  readonly fields: 'all' | 'value';
  readonly headers?: string;
}

interface PartitionState {
  next: number;
  /** Lines that came before their turn: two members of a group may be read in any order around a rebalance. */
  readonly early: Map<number, { line: Buffer; member: number }>;
}

interface TopicState {
  readonly expected: Expectation;
  readonly partitions: Map<number, PartitionState>;
  readonly positions: Map<string, number>;
  seen: number;
}

const TAB = 9;
const FAULTS_MAX = 10;

/**
 * Takes the lines that the members of a group print (topic, partition, offset, key, timestamp, headers, value) and compares
 * them byte for byte, in the order of each partition's offsets. A record read twice around a rebalance counts once; a gap,
 * another order within a key, or another byte is a fault.
 */
export class Verifier {
  readonly #topics: Map<string, TopicState>;
  readonly faults: string[] = [];
  readonly recordsOfMember: number[];
  #missing: number;
  repeats = 0;

  constructor(expected: ReadonlyMap<string, Expectation>, members: number) {
    this.#topics = new Map(
      [...expected].map(([topic, each]) => [
        topic,
        { expected: each, partitions: new Map(), positions: new Map(), seen: 0 },
      ]),
    );
    this.#missing = [...expected.values()].reduce((sum, { count }) => sum + count, 0);
    this.recordsOfMember = Array.from({ length: members }, () => 0);
  }

  /** Whether all records are there, or so many faults that there is no use in going on. */
  get isDone(): boolean {
    return this.#missing <= 0 || this.faults.length >= FAULTS_MAX;
  }

  take(line: Buffer, member: number): void {
    const topicEnd = line.indexOf(TAB);
    const partitionEnd = line.indexOf(TAB, topicEnd + 1);
    const offsetEnd = line.indexOf(TAB, partitionEnd + 1);
    const name = line.toString('latin1', 0, topicEnd);
    const topic = this.#topics.get(name);
    if (topic === undefined || offsetEnd < 0) {
      this.#fault(`not a record of these topics: ${line.toString('utf8', 0, 200)}`);
      return;
    }
    const partition = Number(line.toString('latin1', topicEnd + 1, partitionEnd));
    const offset = Number(line.toString('latin1', partitionEnd + 1, offsetEnd));
    let state = topic.partitions.get(partition);
    if (state === undefined) topic.partitions.set(partition, (state = { next: 0, early: new Map() }));
    if (offset < state.next || state.early.has(offset)) {
      this.repeats++;
      return;
    }
    state.early.set(offset, { line: line.subarray(offsetEnd + 1), member });
    for (let next = state.early.get(state.next); next !== undefined; next = state.early.get(state.next)) {
      state.early.delete(state.next);
      this.#compare(name, topic, `${name}-${partition}@${state.next}`, next.line);
      this.recordsOfMember[next.member] = (this.recordsOfMember[next.member] ?? 0) + 1;
      state.next++;
    }
  }

  /** What is still not there, for the report of a run that was broken off. */
  missing(): string[] {
    return [...this.#topics].flatMap(([name, { expected, seen }]) =>
      seen < expected.count ? [`${name}: ${seen} of ${expected.count} records`] : [],
    );
  }

  #compare(name: string, topic: TopicState, place: string, line: Buffer): void {
    const keyEnd = line.indexOf(TAB);
    const key = line.toString('latin1', 0, keyEnd);
    const position = topic.positions.get(key) ?? 0;
    topic.positions.set(key, position + 1);
    topic.seen++;
    this.#missing--;
    const wanted = topic.expected.lines.get(key)?.[position];
    if (wanted === undefined) this.#fault(`${place}: key ${key} has no record ${position}`);
    else if (!isSame(topic.expected, wanted, line)) {
      this.#fault(
        `${place}: record ${position} of ${key} differs\n  wrote ${wanted.toString()}\n  read  ${line.toString()}`,
      );
    }
    if (topic.seen > topic.expected.count) this.#fault(`${name}: more than ${topic.expected.count} records`);
  }

  #fault(text: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(text);
  }
}

function isSame(expected: Expectation, wanted: Buffer, line: Buffer): boolean {
  if (expected.fields === 'all') return wanted.equals(line);
  const [wantedValue, value] = [valueStart(wanted), valueStart(line)];
  const headers = line.toString('utf8', line.indexOf(TAB, line.indexOf(TAB) + 1) + 1, value - 1);
  return headers === expected.headers && wanted.subarray(wantedValue).equals(line.subarray(value));
}

/** Where the value starts: after key, timestamp and headers. */
function valueStart(line: Buffer): number {
  let position = 0;
  for (let field = 0; field < 3; field++) position = line.indexOf(TAB, position) + 1;
  return position;
}
