const LINES_FREE = 400;
const LINES_MAX = 600;
const TEST_LINES_MAX = 800;

/** Files of tables: as long as what they list. */
const tables: readonly RegExp[] = [
  /^src\/protocol\/messages\//,
  /^src\/protocol\/error(s|-table|-codes)?\.ts$/,
  /^src\/config\/settings\//,
  /^src\/config\/[a-z-]*settings\.ts$/,
];

/** Files between 400 and 600 lines, each with the reason why it is not split. */
export const longFiles: Readonly<Record<string, string>> = {
  'src/client/broker-connection.ts': 'the states of one connection: opened, logged in, asked, renewed, ended',
  'src/client/consumer/consumer.ts':
    'one short method for each call of the consumer, and what holds its parts together',
  'src/broker/replicas/partition.ts': 'one replica: what is staged, led, followed and waited for, all of it in turns',
  'src/replication/replica-fetcher.ts': 'one conversation with one leader: what is asked, taken, cut and tried again',
  'src/metadata/embedded-store.ts':
    'one path of a transaction: decided, written, synced, shown, or taken back; and the end of the store',
  'src/client/admin/admin.ts': 'one short method for each call of the admin, and their types',
};

/** Holds file lengths against the limits; one line per fault. `lines` maps a path to its number of lines. */
export function sizeFaults(
  lines: ReadonlyMap<string, number>,
  reasons: Readonly<Record<string, string>> = longFiles,
): string[] {
  const faults: string[] = [];
  for (const [path, count] of lines) {
    if (tables.some((table) => table.test(path))) continue;
    const isTest = path.startsWith('test/');
    const max = isTest ? TEST_LINES_MAX : LINES_MAX;
    if (count > max) faults.push(`${path}: ${count} lines, at most ${max}`);
    else if (!isTest && count > LINES_FREE && reasons[path] === undefined) {
      faults.push(`${path}: ${count} lines; more than ${LINES_FREE} needs a reason in scripts/sizes.ts`);
    }
  }
  for (const path of Object.keys(reasons)) {
    if ((lines.get(path) ?? 0) <= LINES_FREE) faults.push(`${path}: listed as long, but is not`);
  }
  return faults;
}
