import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launched, type BrokerProcess } from './side.ts';

const STOP_MS = 60_000;
const OUTPUT_CHARS = 2000;

/** Starts a program as a broker, its output in `home/broker.out`. */
export function launchProcess(home: string, port: number, command: string, args: readonly string[]): BrokerProcess {
  const file = join(home, 'broker.out');
  const out = openSync(file, 'a');
  const spawnedAt = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', out, out] });
  closeSync(out);
  const gone = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  }).then(() => {
    launched.delete(child);
  });
  launched.add(child);
  if (child.pid === undefined) throw new Error(`${command} cannot be started`);
  return {
    pid: child.pid,
    port,
    bootstrap: `127.0.0.1:${port}`,
    spawnedAt,
    isAlive: () => isAlive(child),
    output: () => readFileSync(file, 'utf8').slice(-OUTPUT_CHARS),
    stop: () => end(child, gone, 'SIGTERM'),
    kill: () => end(child, gone, 'SIGKILL'),
  };
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess, gone: Promise<void>, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (isAlive(child)) child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}
