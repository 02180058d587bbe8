import { parseProperties } from '../../config/properties.ts';
import { ToolFailure } from './tool-failure.ts';
import type { ToolWorld } from './tool-world.ts';

/** The settings of a file that a flag such as `--command-config` names. */
export function propertiesFile(path: string | undefined, world: ToolWorld): ReadonlyMap<string, string> {
  if (path === undefined) return new Map();
  return new Map(parseProperties(textOf(path, world)).map(({ key, value }) => [key, value]));
}

/** The text of a file; one that is not there is told by its path alone, as Java does. */
export function textOf(path: string, world: ToolWorld): string {
  try {
    return world.readFile(path);
  } catch {
    throw new MissingFile(path);
  }
}

/** A file that a flag names is not there or cannot be read. */
export class MissingFile extends ToolFailure {
  override name = 'MissingFile';
}
