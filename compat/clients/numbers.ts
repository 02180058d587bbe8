import { eachLine, start } from './processes.ts';
import { javaProgram, type CommandLine } from './programs.ts';

const JOB_MS = 120_000;

/** A record that a suite writes; `value` holds neither tabs nor ends of lines. */
export interface NumberedRecord {
  readonly partition: number;
  readonly key: string;
  readonly timestampMs: number;
  readonly value: string;
}

export type CommittedRecord = Omit<NumberedRecord, 'timestampMs'>;

/** The Java client that writes the input of a suite and reads the committed output. Throws where there is no Java. */
export class Numbers {
  readonly #program: CommandLine = javaProgram('numbers-java', 'Numbers');
  readonly #bootstrap: string;

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
  }

  async write(topic: string, records: readonly NumberedRecord[]): Promise<void> {
    const lines = records.map(
      ({ partition, key, timestampMs, value }) => `${partition}\t${key}\t${timestampMs}\t${value}\n`,
    );
    await this.#run(['write', this.#bootstrap, topic], lines.join(''));
  }

  /** All records up to the last stable offsets, each partition in order. */
  async readCommitted(topic: string): Promise<CommittedRecord[]> {
    const lines = await this.#run(['read', this.#bootstrap, topic], '');
    return lines.map((line) => {
      const [partition = '', key = '', value = ''] = line.split('\t');
      return { partition: Number(partition), key, value };
    });
  }

  async #run(args: readonly string[], input: string): Promise<string[]> {
    const child = start([...this.#program, ...args]);
    const lines: string[] = [];
    const said: string[] = [];
    eachLine(child, (line) => lines.push(line.toString()));
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    child.stdin?.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), JOB_MS);
    const code = await new Promise((done) => {
      child.once('close', (status, signal) => done(status ?? signal));
    });
    clearTimeout(timer);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: ${said.join('').slice(-1500)}`);
    return lines;
  }
}
