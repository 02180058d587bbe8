import { ToolFailure } from './tool-failure.ts';
import type { ToolWorld } from './tool-world.ts';

/** The settings of a file that a flag such as `--command-config` names. */
export function propertiesFile(path: string | undefined, world: ToolWorld): ReadonlyMap<string, string> {
  if (path === undefined) return new Map();
  return propertiesIn(textOf(path, world));
}

/** The text of a file; one that is not there is told by its path alone, as Java does. */
export function textOf(path: string, world: ToolWorld): string {
  try {
    return world.readFile(path);
  } catch {
    throw new ToolFailure(path);
  }
}

/** Lines of `key=value` or `key: value`; `#` and `!` begin a comment, a backslash at the end goes on with the next line. */
function propertiesIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.replaceAll(/\\\r?\n\s*/g, '').split(/\r?\n/)) {
    const parts = /^\s*(?<key>[^#!\s:=][^\s:=]*)\s*[:=\s]?\s*(?<value>.*)$/.exec(line)?.groups;
    if (parts !== undefined) found.set(parts['key'] ?? '', (parts['value'] ?? '').trim());
  }
  return found;
}
