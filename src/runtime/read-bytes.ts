import { readFileSync } from 'node:fs';

/** The content of a small file, such as a certificate. Throws what the system says. */
export function readBytes(path: string): Uint8Array {
  return readFileSync(path);
}
