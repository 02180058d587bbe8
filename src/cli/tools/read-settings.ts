import { propertiesFile } from './properties-file.ts';
import type { ToolWorld } from './tool-world.ts';

/**
 * The settings of `--command-config`, or of the flag that had its place before KIP-1147, with the warning that Kafka prints.
 * @param old the former flag, without dashes, and the file it names.
 */
export function readSettings(
  world: ToolWorld,
  path: string | undefined,
  old?: { readonly flag: string; readonly path: string | undefined },
): ReadonlyMap<string, string> {
  if (old?.path === undefined) return propertiesFile(path, world);
  world.out(
    `Option --${old.flag} has been deprecated and will be removed in a future version. Use --command-config instead.`,
  );
  return propertiesFile(old.path, world);
}
