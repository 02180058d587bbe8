import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The command `posthorn`, as it is installed. */
const posthorn = join(createRequire(import.meta.url).resolve('posthorn/package.json'), '..', 'bin', 'posthorn.js');
const run = promisify(execFile);

/** Three brokers in one process, as `posthorn --brokers 3` starts them. */
export interface Brokers {
  readonly bootstrapServers: string;
  /** `posthorn brokers <action> <id>`: stop, kill, pause, resume or start one of them. */
  act(action: string, id: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts them in memory, on free ports. */
export async function startBrokers(): Promise<Brokers> {
  const started = spawn(process.execPath, [posthorn, '--brokers', '3', '--ephemeral', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, KAFKA_POSTHORN_LOG_LEVEL: 'error' },
  });
  process.once('exit', () => started.kill('SIGKILL'));
  let said = '';
  for await (const chunk of started.stdout) {
    said += String(chunk);
    if (said.includes('Ctrl-C')) break;
  }
  const bootstrapServers = /3 brokers on (\S+)/.exec(said)?.[1] ?? '';
  const port = /:(\d+)/.exec(bootstrapServers)?.[1] ?? '';
  return {
    bootstrapServers,
    act: async (action, id) => {
      await run(process.execPath, [posthorn, 'brokers', action, String(id), '--port', port]);
    },
    close: async () => {
      started.kill('SIGTERM');
      await once(started, 'exit');
    },
  };
}
