import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonWithLibrdkafka } from '../../compat/tools/python.ts';
import { benchRoot } from '../paths.ts';
import { runJava } from '../tools/java.ts';
import { argumentsOf, type ClientJob, type ClientResult } from './job.ts';
import { installRivals, rivalNode } from './rivals.ts';

const TIMEOUT_MS = 600_000;

/** Clients under measurement; ours is judged by the others. */
export const CLIENT_NAMES = ['posthorn', 'kafkajs', 'platformatic', 'librdkafka', 'java'] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

export interface Contestant {
  readonly title: string;
  /** Fetches what it needs; rejects with the reason where it cannot be had. */
  prepare(): Promise<void>;
  /** Does a job in a process of its own; rejects with its output when it fails. */
  run(job: ClientJob): Promise<ClientResult>;
}

/** @param nodeFlags for our own client. */
export function contestants(nodeFlags: readonly string[] = []): Readonly<Record<ClientName, Contestant>> {
  return {
    posthorn: nodeClient('posthorn/client', 'posthorn', [process.execPath, ...nodeFlags]),
    kafkajs: nodeClient('kafkajs', 'kafkajs', [process.execPath], installRivals),
    platformatic: nodeClient('@platformatic/kafka', 'platformatic', [rivalNode], installRivals),
    librdkafka: {
      title: 'librdkafka (Python)',
      prepare: async () => void pythonWithLibrdkafka(),
      run: (job) => runProgram([pythonWithLibrdkafka(), join(benchRoot, 'clients', 'librdkafka.py')], job),
    },
    java: {
      title: 'Java',
      prepare: async () => {},
      run: async (job) => JSON.parse(await runJava('ClientLoad', argumentsOf(job))) as ClientResult,
    },
  };
}

function nodeClient(
  title: string,
  program: string,
  node: readonly string[],
  prepare: () => Promise<void> = async () => {},
): Contestant {
  const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  return { title, prepare, run: (job) => runProgram([...node, path], job) };
}

async function runProgram([program, ...args]: readonly string[], job: ClientJob): Promise<ClientResult> {
  const { stdout } = await promisify(execFile)(program!, [...args, ...argumentsOf(job)], { timeout: TIMEOUT_MS });
  return JSON.parse(stdout) as ClientResult;
}
