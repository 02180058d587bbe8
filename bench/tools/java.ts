import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaClassPath } from '../../compat/tools/kafka-jars.ts';
import { benchRoot, cacheRoot } from '../paths.ts';

/** What Kafka's scripts give every one of its JVMs, brokers and tools alike. */
export const JVM_FLAGS: readonly string[] = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
];

/** The heap that Kafka's performance test scripts give their clients. */
const CLIENT_HEAP = '-Xmx512M';
const QUIET = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
const TIMEOUT_MS = 600_000;
const SAID_CHARS = 2000;

/** Runs a Java program with Kafka's jars and gives what it printed; throws with its output when it fails. */
export async function runJava(mainClass: string, args: readonly string[]): Promise<string> {
  const classPath = `${await compiledPrograms()}:${kafkaClassPath()}`;
  const flags = [CLIENT_HEAP, ...JVM_FLAGS, QUIET, '-cp', classPath, mainClass];
  const child = spawn('java', [...flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  if (code === 0) return out;
  throw new Error(
    `${mainClass} ended with ${code ?? child.signalCode}: ${`${out}\n${errors}`.trim().slice(-SAID_CHARS)}`,
  );
}

let compiled: Promise<string> | undefined;

/** The directory with the classes of `bench/java`, compiled anew when a source differs from what they were made of. */
async function compiledPrograms(): Promise<string> {
  compiled ??= compilePrograms();
  return compiled;
}

async function compilePrograms(): Promise<string> {
  const sources = readdirSync(join(benchRoot, 'java'))
    .filter((name) => name.endsWith('.java'))
    .map((name) => join(benchRoot, 'java', name));
  const classes = join(cacheRoot, 'classes');
  const stamp = join(classes, 'compiled-from.txt');
  const text = sources.map((source) => readFileSync(source, 'utf8')).join('\n');
  mkdirSync(classes, { recursive: true });
  if (readIfThere(stamp) === text) return classes;
  await promisify(execFile)('javac', ['-nowarn', '-cp', kafkaClassPath(), '-d', classes, ...sources]);
  writeFileSync(stamp, text);
  return classes;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
