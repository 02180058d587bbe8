import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import { dataDirectories, end, endsWithUs, freePorts, listening, type RunningBroker } from './running-broker.ts';
import { clusterSettings, commonSettings } from './settings.ts';

const START_MS = 30_000;
const STOP_MS = 20_000;

export interface PosthornOptions {
  /** Further settings; they win over the common ones. With `listeners` among them, `port` says where one of these is. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Variables of its environment besides ours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** In this one process; as many as BROKERS says when left out. */
  readonly brokers?: number;
  /** How many log directories it has; one when left out. */
  readonly directories?: number;
  /** Kept after the end when given; otherwise a temporary directory. */
  readonly dataDir?: string;
}

export interface RunningPosthorn extends RunningBroker {
  readonly port: number;
  readonly dataDir: string;
  /** kill -9, and wait until the process is gone. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/**
 * Starts Posthorn as a user would, as a process of its own, on a free port: one broker, or as many as BROKERS says. Its
 * output goes to a log beside the data.
 */
export async function startPosthorn(options: PosthornOptions = {}): Promise<RunningPosthorn> {
  const brokers = options.brokers ?? Number(process.env['BROKERS'] ?? '1');
  const port = options.port ?? (await freePorts(brokers));
  const home = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'posthorn-compat-')));
  const dataDir = join(home, 'data');
  const logDirs = dataDirectories(home, options.directories ?? 1).join(',');
  const settings = {
    profile: 'production',
    ...commonSettings,
    ...(brokers > 1 ? clusterSettings : { 'node.id': '1' }),
    ...options.settings,
  };
  const overrides = Object.entries(settings).flatMap(([key, value]) => ['--override', `${key}=${value}`]);
  const child = spawn(
    process.execPath,
    [
      join(repositoryRoot, 'bin', 'posthorn.js'),
      ...(options.settings?.['listeners'] === undefined ? ['--port', String(port)] : []),
      '--brokers',
      String(brokers),
      '--override',
      `log.dirs=${logDirs}`,
      ...overrides,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  );
  endsWithUs(child);
  const log = createWriteStream(join(home, 'posthorn.out'), { flags: 'a' });
  const tail = keepTail(child, log);
  const ports = Array.from({ length: brokers }, (_, index) => port + index);
  for (const each of ports) {
    if (await listening(each, child, START_MS)) continue;
    await end(child, 0);
    throw new Error(`posthorn did not start:\n${tail()}`);
  }
  return {
    bootstrap: ports.map((each) => `127.0.0.1:${each}`).join(','),
    port,
    dataDir,
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((done) => {
        child.once('exit', () => done());
      });
      child.kill('SIGKILL');
      await gone;
    },
    stop: async () => {
      await end(child, STOP_MS);
      if (options.dataDir === undefined) await rm(home, { recursive: true, force: true });
    },
  };
}

/** Writes a process's output to a log and keeps the last of it for an error message. */
function keepTail(child: ChildProcess, log: NodeJS.WritableStream): () => string {
  const kept: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log.write(chunk);
      kept.push(chunk.toString());
      if (kept.length > 50) kept.shift();
    });
  }
  return () => kept.join('').slice(-4000);
}
