import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPosthorn } from '../brokers/posthorn.ts';
import { JavaTools } from '../java-tools/java-tool.ts';
import { repositoryRoot } from '../paths.ts';
import type { CommandCase } from './case.ts';
import { allCases } from './cases/all.ts';
import { Stage } from './stage.ts';
import { normalText, type Said } from './normal-text.ts';

/**
 * Runs each of Kafka's commands and ours with the same arguments on the same broker, and compares what they print and their exit
 * codes.
 *
 *   node dist/compat/commands/run.js [PART OF A CALL]...
 *
 * BOOTSTRAP names a running broker with node.id 1; otherwise Posthorn is started. BROKERS=3 says that it is one of three, with
 * ids 1 to 3: then the cases that need a cluster are run too. Closes with "N passed, M failed".
 */
const OURS_MS = 90_000;
const wanted = process.argv.slice(2);
const given = process.env['BOOTSTRAP'];
const posthorn = given === undefined ? await startPosthorn() : undefined;
const bootstrap = given ?? posthorn?.bootstrap ?? '';
const java = await JavaTools.prepare(bootstrap);
const folder = mkdtempSync(join(tmpdir(), 'posthorn-commands-'));

function argsOf({ args, isBare = false, files = {}, tool }: CommandCase, name: string): string[] {
  const own = args.map((arg) =>
    arg.replaceAll('{name}', name).replaceAll(/\{file:([^}]+)\}/g, (_, file: string) => {
      const path = join(folder, file);
      writeFileSync(path, (files[file] ?? '').replaceAll('{name}', name));
      return path;
    }),
  );
  if (isBare) return own;
  const address = ['--bootstrap-server', bootstrap];
  // These name their action first.
  const isActionFirst = tool === 'kafka-cluster' || tool === 'kafka-storage';
  return isActionFirst ? [...own, ...address] : [...address, ...own];
}

async function kafkaSays(one: CommandCase, name: string): Promise<string> {
  return normalText(
    await java.runApart(one.tool, argsOf(one, name), { input: one.input ?? '' }),
    name,
    one.isUnordered,
  );
}

function weSay(one: CommandCase, name: string): string {
  const launcher = join(repositoryRoot, 'bin', 'posthorn.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, one.tool, ...argsOf(one, name)], {
    encoding: 'utf8',
    input: one.input ?? '',
    timeout: OURS_MS,
  });
  const said: Said = { code: status ?? undefined, out: stdout, err: stderr };
  return normalText(said, name, one.isUnordered);
}

const stage = new Stage(java, bootstrap, argsOf);
let equal = 0;
let different = 0;
let excused = 0;
for (const one of allCases) {
  const call = `${one.tool} ${one.args.join(' ')}`;
  if (one.needsThree === true && process.env['BROKERS'] !== '3') continue;
  if (wanted.length > 0 && !wanted.some((part) => call.includes(part))) continue;
  const theirName = await stage.nameFor(one);
  const theirs = await kafkaSays(one, theirName);
  const ours = weSay(one, await stage.nameFor(one));
  if (theirs === ours) equal++;
  else if (one.differs !== undefined) {
    excused++;
    console.log(`differs as intended: ${call}: ${one.differs}`);
  } else {
    different++;
    console.log(
      `DIFFERENT ${call}\n  Kafka:\n${theirs.replace(/^/gm, '    ')}\n  Posthorn:\n${ours.replace(/^/gm, '    ')}`,
    );
  }
}
await stage.clear();
rmSync(folder, { recursive: true, force: true });
await posthorn?.stop();
if (excused > 0) console.log(`${excused} differ as intended`);
console.log(`${equal} passed, ${different} failed`);
process.exit(different > 0 || equal === 0 ? 1 : 0);
