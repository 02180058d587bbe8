import { KafkaError } from '../client-error.ts';

/** Words for the numbers of one of Kafka's enumerations. A number of a newer release reads as `unknown`. */
export class Codes<Name extends string> {
  readonly #what: string;
  readonly #byName: ReadonlyMap<string, number>;
  readonly #byCode: ReadonlyMap<number, Name>;

  /** @param what what the words name; stands in errors. */
  constructor(what: string, table: Readonly<Record<Name, number>>) {
    const entries = Object.entries<number>(table) as [Name, number][];
    this.#what = what;
    this.#byName = new Map(entries);
    this.#byCode = new Map(entries.map(([name, code]) => [code, name]));
  }

  /** Throws INVALID_ARGUMENT for a word that is none. */
  code(name: Name): number {
    const code = this.#byName.get(name);
    if (code !== undefined) return code;
    const known = [...this.#byName.keys()].join(', ');
    throw new KafkaError('INVALID_ARGUMENT', `"${name}" is no ${this.#what}; there are ${known}`);
  }

  name(code: number): Name | 'unknown' {
    return this.#byCode.get(code) ?? 'unknown';
  }
}
