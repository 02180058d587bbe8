import * as fs from 'node:fs';
import { parseArgs } from 'node:util';
import { InvalidConfiguration } from '../config/invalid-configuration.ts';
import { loadConfig } from '../config/load.ts';
import { randomUuid } from '../controller/random-id.ts';
import { checkContents } from '../metadata/check-contents.ts';
import { StoreLocked } from '../metadata/embedded-store.ts';
import { InvalidExport, readExport, writeExport } from '../metadata/export-file.ts';
import { StoreUnavailable } from '../metadata/metadata-store.ts';
import { EPOCH_JUMP, importInto, jumpEpochs, MoveRefused } from '../metadata/move-store.ts';
import { InvalidStoreAddress, openStoreOnce, type MovableStore } from '../metadata/open-metadata-store.ts';
import { StoreDamaged } from '../metadata/store-files.ts';
import { DiskError } from '../runtime/disk.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { writeText } from '../runtime/write-text.ts';
import { STDERR, STDOUT } from './descriptors.ts';
import { UsageError } from './options.ts';

const EXIT_FAILED = 1;

export const METADATA_HELP = `posthorn metadata: looks after the metadata of a cluster

Usage: posthorn metadata export FILE [options]      write all of it to a file
       posthorn metadata import FILE [options]      fill an empty store from such a file
       posthorn metadata check [options]            look for what is not well-formed
       posthorn metadata jump-epochs [options]      go on with a store restored from an old copy

  --force             import: replace what the store holds
  --config FILE       server.properties of a broker of the cluster: it says which store (metadata.store)
  --data-dir DIR      data directory whose embedded store is meant (./posthorn-data)
  --override K=V      set one setting; may be repeated

All brokers have to be stopped, but for export and check of a store in etcd.
`;

const OPTIONS = {
  force: { type: 'boolean' },
  config: { type: 'string' },
  'data-dir': { type: 'string' },
  override: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Runs `posthorn metadata ...`; what it finds wrong is told on standard error, with exit code 1. */
export async function metadataCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [verb, file] = positionals;
  if (values.help === true || verb === undefined) {
    writeText(STDOUT, METADATA_HELP);
    return;
  }
  const work = workOf(verb, file, values.force === true);
  try {
    const runtime = nodeRuntime({ level: 'warn', fd: STDERR, pretty: true });
    const store = await openStoreOnce(load(values), runtime);
    try {
      writeText(STDOUT, `${await work(store, runtime)}\n`);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!isTold(error)) throw error;
    writeText(STDERR, `posthorn: ${error.message}\n`);
    process.exitCode = EXIT_FAILED;
  }
}

type Work = (store: MovableStore, runtime: Runtime) => Promise<string>;

function workOf(verb: string, file: string | undefined, force: boolean): Work {
  const isFileWanted = verb === 'export' || verb === 'import';
  if (isFileWanted && file === undefined) throw new UsageError(`metadata ${verb} takes the name of a file`);
  if (!isFileWanted && file !== undefined) throw new UsageError(`'${file}' is one argument too many`);
  switch (verb) {
    case 'export':
      return (store) => exportTo(store, file!);
    case 'import':
      return (store, { random }) => importFrom(store, file!, { storeId: randomUuid(random), force });
    case 'check':
      return check;
    case 'jump-epochs':
      return async (store, { random }) => {
        const { partitions, revision } = await jumpEpochs(store, randomUuid(random));
        return `Epochs of ${partitions} partitions and the store's revision went up by ${EPOCH_JUMP}; the revision is ${revision}. Brokers may start.`;
      };
    default:
      throw new UsageError(`posthorn metadata has no '${verb}': it takes export, import, check or jump-epochs`);
  }
}

async function exportTo(store: MovableStore, file: string): Promise<string> {
  const range = await store.range('');
  const text = writeExport(range);
  const unfinished = `${file}.unfinished`;
  fs.writeFileSync(unfinished, text, { flush: true, mode: 0o600 });
  fs.renameSync(unfinished, file);
  return `${text.split('\n').length - 3} entries as of revision ${range.revision} are in ${file}. It holds password hashes: keep it safe.`;
}

async function importFrom(
  store: MovableStore,
  file: string,
  options: { storeId: string; force: boolean },
): Promise<string> {
  const exported = readExport(fs.readFileSync(file, 'utf8'));
  await importInto(store, exported, options);
  return `${exported.contents.length} entries of cluster ${exported.clusterId} are imported. Brokers may start on this store; do not use the former one any more.`;
}

async function check(store: MovableStore): Promise<string> {
  const { entries, revision } = await store.range('');
  const faults = checkContents(entries);
  if (faults.length > 0)
    throw new MoveRefused(`${faults.length} faults\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return `${entries.length} entries as of revision ${revision}, nothing wrong.`;
}

function load(values: ReturnType<typeof parse>['values']) {
  const overrides: Record<string, string> = {};
  for (const text of values.override ?? []) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--override takes NAME=VALUE, not '${text}'`);
    overrides[text.slice(0, at).trim()] = text.slice(at + 1).trim();
  }
  if (values['data-dir'] !== undefined) overrides['log.dirs'] = values['data-dir'];
  const file =
    values.config === undefined ? {} : { file: { name: values.config, text: fs.readFileSync(values.config, 'utf8') } };
  return loadConfig({ ...file, environment: process.env, overrides }).config;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

const TOLD = [
  MoveRefused,
  InvalidExport,
  InvalidStoreAddress,
  InvalidConfiguration,
  StoreUnavailable,
  StoreLocked,
  StoreDamaged,
  DiskError,
];

/** Whether the message of an error says all that a person needs. */
function isTold(error: unknown): error is Error {
  return error instanceof Error && (TOLD.some((kind) => error instanceof kind) || 'syscall' in error);
}
