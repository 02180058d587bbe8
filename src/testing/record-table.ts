const ROWS_AT_START = 1024;

/** Names as small numbers, so that a row of the table is numbers alone. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.length;
      this.#numbers.set(name, number);
      this.#names.push(name);
    }
    return number;
  }

  nameOf(number: number): string {
    return this.#names[number] ?? '';
  }
}

/** How a send ended, as far as its producer knows. */
export const Outcome = { unknown: 0, acknowledged: 1, failed: 2 } as const;

/** The columns; -1 stands for "not known" and "none". */
export const Column = {
  client: 0,
  topic: 1,
  key: 2,
  transaction: 3,
  source: 4,
  outcome: 5,
  partition: 6,
  offset: 7,
  sentAt: 8,
  acknowledgedAt: 9,
  firstReadAt: 10,
  readers: 11,
  committedReadAt: 12,
} as const;
type ColumnIndex = (typeof Column)[keyof typeof Column];
const COLUMNS = 13;

/**
 * All sends of a history as rows of numbers: about 110 bytes a record beside its value's name, so that millions fit. Takes at
 * most `rowsMax` records and throws a RangeError beyond.
 */
export class RecordTable {
  readonly names = new Names();
  readonly #rows = new Map<string, number>();
  readonly #values: string[] = [];
  readonly #rowsMax: number;
  #cells = new Float64Array(ROWS_AT_START * COLUMNS);

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  get size(): number {
    return this.#values.length;
  }

  /** The row of a value, or -1 when nobody sent it yet. */
  rowOf(value: string): number {
    return this.#rows.get(value) ?? -1;
  }

  valueOf(row: number): string {
    return this.#values[row] ?? '';
  }

  add(value: string): number {
    const row = this.#values.length;
    if (row >= this.#rowsMax) throw new RangeError(`a history of more than ${this.#rowsMax} records`);
    this.#rows.set(value, row);
    this.#values.push(value);
    const from = row * COLUMNS;
    if (from + COLUMNS > this.#cells.length) {
      const larger = new Float64Array(this.#cells.length * 2);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    this.#cells.fill(-1, from, from + COLUMNS);
    this.set(row, Column.readers, 0);
    this.set(row, Column.outcome, Outcome.unknown);
    return row;
  }

  get(row: number, column: ColumnIndex): number {
    return this.#cells[row * COLUMNS + column] ?? -1;
  }

  set(row: number, column: ColumnIndex, value: number): void {
    this.#cells[row * COLUMNS + column] = value;
  }
}
