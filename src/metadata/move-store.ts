import type { Uuid } from '../base/uuid.ts';
import { checkContents, kindOf, type Content } from './check-contents.ts';
import type { Exported } from './export-file.ts';
import type { StoreEntry, StoreOp, StoreRange } from './metadata-store.ts';
import type { MovableStore } from './open-metadata-store.ts';
import {
  storeIdentity,
  type MetaRecord,
  type PartitionRecord,
  type ProducerIdsRecord,
  type StoreIdentity,
} from './records.ts';
import { storeKeys } from './store-keys.ts';

/** How far epochs and revisions jump: more than a cluster uses up between a backup and the loss of what came after. */
export const EPOCH_JUMP = 1_000_000;
/** Producer ids that a jump leaves out, for the same reason. */
const PRODUCER_ID_JUMP = 1_000_000_000;
const LEADER_EPOCH_MAX = 2_147_483_647;
/** Former stores that a store names; who saw only an older one is refused. */
const LINEAGE_MAX = 16;
const BATCH_OPS = 100;
const BATCH_BYTES = 1_000_000;
/** Faults that a refusal names. */
const FAULTS_SHOWN_MAX = 20;

/** What was asked for must not be done to this store; the message says why and what to do. */
export class MoveRefused extends Error {
  override name = 'MoveRefused';
}

/**
 * Fills a store with what another held. Revisions go on above those of the other, so that broker and controller epochs,
 * which are revisions, never repeat; leader epochs stay. The store becomes another one that names the former: brokers that
 * saw more of the former than the export did refuse it. Until the last transaction a key marks the store as not whole.
 */
export async function importInto(
  store: MovableStore,
  exported: Exported,
  { storeId, force }: { storeId: Uuid; force: boolean },
): Promise<void> {
  const faults = checkContents(exported.contents);
  if (faults.length > 0) throw new MoveRefused(`the file is not imported: ${listed(faults)}`);
  const present = await store.range('');
  refuseRunning(present, 'an import');
  if (present.entries.length > 0 && !force) {
    throw new MoveRefused(
      `the metadata store is not empty (${present.entries.length} entries): --force replaces all of it`,
    );
  }
  await store.txn({ compares: [], onSuccess: [put(storeKeys.importing, {})] });
  const stale = present.entries.filter(({ key }) => key !== storeKeys.importing);
  await writeAll(
    store,
    stale.map(({ key }) => ({ type: 'delete', key })),
  );
  await store.raiseRevision(Math.max(exported.revision, present.revision));
  const puts = exported.contents.filter((content) => !isMeta(content));
  await writeAll(
    store,
    puts.map(({ key, value }) => ({ type: 'put', key, value })),
  );
  const meta = JSON.parse(exported.contents.find(isMeta)!.value) as MetaRecord;
  const identity = successor(exported.store, { id: storeId, seen: exported.revision });
  const onSuccess: StoreOp[] = [
    put(storeKeys.meta, { ...meta, store: identity }),
    { type: 'delete', key: storeKeys.importing },
  ];
  await store.txn({ compares: [], onSuccess });
}

/**
 * The way on for a store that was restored from an old copy: revisions, leader and partition epochs and producer ids jump
 * beyond anything that was handed out after the copy was made, and brokers take it for the successor of the one they saw.
 * Cut short, it is run again.
 */
export async function jumpEpochs(
  store: MovableStore,
  storeId: Uuid,
): Promise<{ partitions: number; revision: number }> {
  const { entries, revision } = await store.range('');
  const faults = checkContents(entries);
  if (faults.length > 0) throw new MoveRefused(`the metadata store needs another copy: ${listed(faults)}`);
  if (entries.length === 0) throw new MoveRefused('the metadata store holds no cluster');
  refuseRunning({ entries }, 'a jump of epochs');
  const partitions = entries.filter(({ key }) => kindOf(key) === 'p');
  const jumped = partitions.map(jumpedPartition);
  await store.raiseRevision(revision + EPOCH_JUMP);
  await writeAll(store, jumped);
  const onSuccess: StoreOp[] = [];
  for (const { key, value } of entries) {
    if (key === storeKeys.producerIds) {
      const { next } = JSON.parse(value) as ProducerIdsRecord;
      onSuccess.push(put(key, { next: next + PRODUCER_ID_JUMP }));
    } else if (key === storeKeys.meta) {
      const meta = JSON.parse(value) as MetaRecord;
      const identity = successor(storeIdentity(meta), { id: storeId, seen: Number.MAX_SAFE_INTEGER });
      onSuccess.push(put(key, { ...meta, store: identity }));
    }
  }
  const written = await store.txn({ compares: [], onSuccess });
  return { partitions: partitions.length, revision: written.revision };
}

function jumpedPartition({ key, value }: StoreEntry): StoreOp {
  const record = JSON.parse(value) as PartitionRecord;
  const leaderEpoch = record.leaderEpoch + EPOCH_JUMP;
  if (leaderEpoch > LEADER_EPOCH_MAX) throw new MoveRefused(`${key}: its leader epoch cannot jump any further`);
  return put(key, { ...record, leaderEpoch, partitionEpoch: record.partitionEpoch + EPOCH_JUMP });
}

/** The identity of a store that goes on from another, of which it knows everything up to the revision `seen`. */
function successor(former: StoreIdentity, { id, seen }: { id: Uuid; seen: number }): StoreIdentity {
  return { id, lineage: [...former.lineage, { id: former.id, revision: seen }].slice(-LINEAGE_MAX) };
}

function refuseRunning({ entries }: Pick<StoreRange, 'entries'>, what: string): void {
  const running = entries.filter(({ key }) => kindOf(key) === 'b').map(({ key }) => key.slice(2));
  if (running.length === 0) return;
  const told = `${what} needs all brokers stopped, but these are registered: ${running.join(', ')}`;
  throw new MoveRefused(`${told}; a broker that was killed stays registered for some seconds`);
}

async function writeAll(store: MovableStore, ops: readonly StoreOp[]): Promise<void> {
  let batch: StoreOp[] = [];
  let bytes = 0;
  for (const op of ops) {
    const size = Buffer.byteLength(op.key) + (op.type === 'put' ? Buffer.byteLength(op.value) : 0);
    if (batch.length > 0 && (batch.length >= BATCH_OPS || bytes + size > BATCH_BYTES)) {
      await store.txn({ compares: [], onSuccess: batch });
      batch = [];
      bytes = 0;
    }
    batch.push(op);
    bytes += size;
  }
  if (batch.length > 0) await store.txn({ compares: [], onSuccess: batch });
}

function isMeta({ key }: Content): boolean {
  return key === storeKeys.meta;
}

function put(key: string, record: object): StoreOp {
  return { type: 'put', key, value: JSON.stringify(record) };
}

function listed(faults: readonly string[]): string {
  const shown = faults.slice(0, FAULTS_SHOWN_MAX).map((fault) => `\n  ${fault}`);
  const more = faults.length - shown.length;
  return `${faults.length} faults${shown.join('')}${more > 0 ? `\n  and ${more} more` : ''}`;
}
