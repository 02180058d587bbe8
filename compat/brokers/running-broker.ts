import { type ChildProcess } from 'node:child_process';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';

/** A broker that something can talk to. */
export interface RunningBroker {
  readonly bootstrap: string;
  stop(): Promise<void>;
}

/** Log directories of a broker whose files are below `home`. */
export function dataDirectories(home: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => join(home, index === 0 ? 'data' : `data-${index + 1}`));
}

const children = new Set<ChildProcess>();
let watching = false;

/** Sees to it that a process does not outlive this one, however this one ends (but for SIGKILL). */
export function endsWithUs<Child extends ChildProcess>(child: Child): Child {
  children.add(child);
  child.once('exit', () => children.delete(child));
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const each of children) each.kill('SIGKILL');
    });
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const)
      process.once(signal, () => process.exit(code));
  }
  return child;
}

/** Below the ports that the system gives to connections: one of those could be taken before a broker listens on it. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  return freePorts(1);
}

/** The first of so many ports in a row that nothing listens on at the moment. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN - count));
    const isFree = await Promise.all(Array.from({ length: count }, (_, index) => isFreePort(first + index)));
    if (isFree.every(Boolean)) return first;
  }
}

function isFreePort(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** Waits until something accepts connections; false when the process ends or the time is up first. */
export async function listening(port: number, child: ChildProcess, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => done(true));
      socket.once('error', () => done(false));
      socket.once('close', () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (open) return true;
    await new Promise((done) => {
      setTimeout(done, 20);
    });
  }
  return false;
}

/** Ends a process: asks first, then forces it. */
export async function end(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => {
    child.once('exit', () => done());
  });
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(timer);
}
