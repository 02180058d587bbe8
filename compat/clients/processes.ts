import { spawn, type ChildProcess } from 'node:child_process';
import { endsWithUs } from '../brokers/running-broker.ts';
import type { CommandLine } from './order-client.ts';

/** Runs a program to its end; its error holds what it said last. */
export async function runToEnd(commandLine: CommandLine, timeoutMs: number): Promise<void> {
  const child = start(commandLine);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said.push(chunk.toString());
      if (said.length > 100) said.shift();
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const code = await new Promise((done) => {
    child.once('close', (status, signal) => done(status ?? signal));
  });
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`${commandLine.slice(0, 4).join(' ')}… ended with ${String(code)}: ${said.join('').slice(-1500)}`);
}

export function start(commandLine: CommandLine): ChildProcess {
  const [program = '', ...args] = commandLine;
  return endsWithUs(spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] }));
}

/** Hands out the whole lines of a stream, without their ends. The buffers are only good during the call. */
export function eachLine(child: ChildProcess, take: (line: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  child.stdout?.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      take(bytes.subarray(from, end));
      from = end + 1;
    }
    rest = Buffer.from(bytes.subarray(from));
  });
}

/** Asks a program to end (its input closes, then SIGTERM) and waits; forces it after a while. */
export async function finish(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => {
    child.once('exit', done);
  });
  child.stdin?.end();
  const term = setTimeout(() => child.kill('SIGTERM'), graceMs / 2);
  const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(term);
  clearTimeout(kill);
}
