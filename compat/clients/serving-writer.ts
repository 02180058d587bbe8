import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { lineOf, orders } from '../matrix/orders.ts';
import { Verifier, type Expectation } from '../matrix/verifier.ts';
import type { OrderClient } from './order-client.ts';
import { eachLine, start } from './processes.ts';
import { readTopic } from './read-topic.ts';

/** Longest time that a job of a writer may take, unless it is known to take longer. */
const JOB_MS = 90_000;

/** A client's program that takes one job of writing after another. */
export interface Writer {
  readonly client: OrderClient;
  readonly process: ChildProcess;
  /** Waits for the next line that the program prints. */
  readonly answer: (withinMs?: number) => Promise<string>;
  /** What it said last, besides. */
  readonly said: () => string;
}

/** Starts it; undefined for a client that has no such program. */
export async function startWriter(client: OrderClient, bootstrap: string): Promise<Writer | undefined> {
  if (client.serve === undefined) return undefined;
  const child = start(client.serve(bootstrap));
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  const said: string[] = [];
  const put = (line: string): void => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  };
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  child.on('exit', (code) => put(`ended with ${code}: ${lastSaid()}`));
  eachLine(child, (line) => put(line.toString()));
  const lastSaid = (): string => said.join('').slice(-1000);
  const answer = async (withinMs = JOB_MS): Promise<string> => {
    const line = lines.shift();
    if (line !== undefined) return line;
    const next = new Promise<string>((done) => {
      waiting.push(done);
    });
    return Promise.race([next, pause(withinMs, `no answer in ${withinMs} ms: ${lastSaid()}`, { ref: false })]);
  };
  const first = await answer();
  if (first !== 'ready') throw new Error(`${client.name}: ${first}`);
  return { client, process: child, answer, said: lastSaid };
}

/** Reads a topic to its end and holds it against what was written: what is missing, twice or out of order. */
export async function verifyTopic(
  bootstrap: string,
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
  expected: Expectation,
): Promise<string[]> {
  const verifier = new Verifier(new Map([[topic, expected]]), 1);
  for await (const line of readTopic(bootstrap, topic, partitions)) verifier.take(line, 0);
  const repeats = verifier.repeats === 0 ? [] : [`${verifier.repeats} offsets twice`];
  return [...verifier.faults, ...verifier.missing(), ...repeats];
}

/** Writes the orders that a job is about into a file, and says what has to be found. */
export async function writeOrders(file: string, count: number, seed: number): Promise<Expectation> {
  const lines = new Map<string, Buffer[]>();
  const all: string[] = [];
  for (const order of orders(count, seed)) {
    const line = lineOf(order);
    all.push(line);
    lines.set(order.key, [...(lines.get(order.key) ?? []), Buffer.from(line)]);
  }
  await writeFile(file, `${all.join('\n')}\n`);
  return { lines, count, fields: 'all' };
}
