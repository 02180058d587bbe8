import type { LoadHook } from 'node:module';
import { edited, type Edit } from './planted-bug.ts';

/** Where the edits belong. */
const byUrl = new Map<string, Edit[]>();

/** Module hooks of Node that put edits into the modules that they name, as these are loaded. */
export function initialize({ edits, root }: { edits: readonly Edit[]; root: string }): void {
  for (const edit of edits) {
    const url = new URL(edit.file, root).href;
    byUrl.set(url, [...(byUrl.get(url) ?? []), edit]);
  }
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const edits = byUrl.get(url);
  if (edits === undefined) return loaded;
  const { source } = loaded;
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  return { ...loaded, source: edits.reduce(edited, text) };
};
