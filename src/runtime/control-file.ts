import * as fs from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** How a running process is reached by commands of the same user. */
export interface ControlAddress {
  readonly port: number;
  /** Keeps other users of the machine out. */
  readonly token: string;
}

/** Says where the process that listens at `listenerPort` is controlled; returns what takes that back. */
export function writeControlFile(listenerPort: number, address: ControlAddress): () => void {
  const path = controlPath(listenerPort);
  fs.mkdirSync(folder(), { recursive: true, mode: 0o700 });
  fs.rmSync(path, { force: true });
  fs.writeFileSync(path, JSON.stringify(address), { mode: 0o600, flag: 'wx' });
  return () => fs.rmSync(path, { force: true });
}

/** Undefined when no process of this user said so. */
export function readControlFile(listenerPort: number): ControlAddress | undefined {
  const path = controlPath(listenerPort);
  try {
    // Another user's word is not to be trusted.
    if (fs.statSync(folder()).uid !== userInfo().uid) return undefined;
    return JSON.parse(fs.readFileSync(path, 'utf8')) as ControlAddress;
  } catch {
    return undefined;
  }
}

function folder(): string {
  return join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `posthorn-${userInfo().uid}`);
}

function controlPath(listenerPort: number): string {
  return join(folder(), `${listenerPort}.json`);
}
