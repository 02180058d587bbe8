import { aptInstall, output } from './tool.ts';

/** The kcat program, from Debian's package; throws with the reason where it cannot be had. */
export function kcat(): string {
  for (const name of ['kcat', 'kafkacat']) if (output(name, ['-V']) !== undefined) return name;
  const failed = aptInstall(['kcat']);
  if (failed !== undefined) throw new Error(`no kcat: ${failed}`);
  return 'kcat';
}
