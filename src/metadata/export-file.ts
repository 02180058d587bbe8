import type * as cryptoModule from 'node:crypto';
import { lazyPackage } from '../runtime/packages.ts';
import { kindOf, PASSING_KINDS, type Content } from './check-contents.ts';
import type { StoreRange } from './metadata-store.ts';
import { storeIdentity, type BrokerStateRecord, type MetaRecord, type StoreIdentity } from './records.ts';

const crypto = lazyPackage('node:crypto') as () => typeof cryptoModule;
const FORMAT = 'posthorn-metadata';
const VERSION = 1;

/** The contents of a store as a file holds them. */
export interface Exported {
  readonly clusterId: string;
  readonly store: StoreIdentity;
  /** Revision of the store that the contents are of. */
  readonly revision: number;
  readonly contents: readonly Content[];
}

interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly clusterId: string;
  readonly store: StoreIdentity;
  readonly revision: number;
  readonly entries: number;
}

/** The file is no whole export; the message says what is wrong with it. */
export class InvalidExport extends Error {
  override name = 'InvalidExport';
}

/**
 * A store as lines of JSON: a header, each entry, and the SHA-256 of all lines before the last. What matters
 * to running brokers only is left out: brokers write it anew. An epoch that stood for the revision of its entry is written out, for entries get other
 * revisions elsewhere. Throws {@link InvalidExport} when the store holds no cluster.
 */
export function writeExport({ entries, revision }: StoreRange): string {
  const metaEntry = entries.find(({ key }) => key === 'meta');
  if (metaEntry === undefined) throw new InvalidExport('the metadata store holds no cluster');
  const meta = JSON.parse(metaEntry.value) as MetaRecord;
  const kept = entries.filter(({ key, lease }) => lease === undefined && !PASSING_KINDS.has(kindOf(key)));
  const store = storeIdentity(meta);
  const header = { format: FORMAT, version: VERSION, clusterId: meta.clusterId, store, revision, entries: kept.length };
  const lines = [
    header,
    ...kept.map(({ key, value, modRevision }) => ({ key, value: withEpoch(key, value, modRevision) })),
  ];
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return `${body}${JSON.stringify({ sha256: digest(body) })}\n`;
}

function withEpoch(key: string, value: string, revision: number): string {
  if (kindOf(key) !== 'bs') return value;
  const record = JSON.parse(value) as BrokerStateRecord;
  return record.epoch === null ? JSON.stringify({ ...record, epoch: revision }) : value;
}

/** Reads what {@link writeExport} wrote. Throws {@link InvalidExport}. */
export function readExport(text: string): Exported {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, end);
  const { sha256 } = parsed(text.slice(end), 'its last line') as { sha256?: string };
  if (sha256 !== digest(body))
    throw new InvalidExport('the file was changed or cut short: its checksum does not match');
  const [first = '', ...lines] = body.split('\n').slice(0, -1);
  const header = parsed(first, 'its first line') as Header;
  if (header.format !== FORMAT) throw new InvalidExport('the file is no export of metadata');
  if (header.version !== VERSION) {
    throw new InvalidExport(`the file has version ${header.version}; this Posthorn reads version ${VERSION}`);
  }
  if (lines.length !== header.entries)
    throw new InvalidExport(`the file has ${lines.length} of ${header.entries} entries`);
  const contents = lines.map((line, index) => parsed(line, `line ${index + 2}`) as Content);
  return { clusterId: header.clusterId, store: header.store, revision: header.revision, contents };
}

function digest(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex');
}

function parsed(line: string, what: string): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new InvalidExport(`the file is no export of metadata: ${what} is no JSON object`);
}
