/** What a placeholder stands for; undefined when nobody set it. */
export type Lookup = (key: string) => string | undefined;

/** Further than anybody nests: what stands for itself ends here. */
const DEPTH_MAX = 32;

/** A placeholder that stands for nothing, or for itself. */
export class PlaceholderError extends Error {
  override name = 'PlaceholderError';
}

/**
 * Puts values in place of `${key}` and `${key:default}`, also within each other, as Spring does. A backslash before `${` keeps it as
 * text. Throws {@link PlaceholderError} for a key that is not set and has no default.
 */
export function replacePlaceholders(text: string, lookup: Lookup, depth = 0): string {
  if (depth > DEPTH_MAX) throw new PlaceholderError(`"${text}" stands for itself`);
  let result = '';
  let position = 0;
  for (;;) {
    const start = text.indexOf('${', position);
    if (start < 0) return result + text.slice(position);
    if (text[start - 1] === '\\') {
      result += `${text.slice(position, start - 1)}\${`;
      position = start + 2;
      continue;
    }
    const end = closingBrace(text, start + 2);
    if (end < 0) return result + text.slice(position);
    result += text.slice(position, start) + valueOf(text.slice(start + 2, end), lookup, depth);
    position = end + 1;
  }
}

function valueOf(inner: string, lookup: Lookup, depth: number): string {
  const colon = separator(inner);
  const key = replacePlaceholders(colon < 0 ? inner : inner.slice(0, colon), lookup, depth + 1);
  const value = lookup(key);
  if (value !== undefined) return replacePlaceholders(value, lookup, depth + 1);
  if (colon >= 0) return replacePlaceholders(inner.slice(colon + 1), lookup, depth + 1);
  throw new PlaceholderError(`\${${inner}} stands for nothing: set ${key}, or give a default with \${${key}:default}`);
}

/** The colon before the default, past any placeholder within the key. */
function separator(inner: string): number {
  let open = 0;
  for (let index = 0; index < inner.length; index++) {
    if (inner.startsWith('${', index)) open++;
    else if (inner[index] === '}') open--;
    else if (inner[index] === ':' && open === 0) return index;
  }
  return -1;
}

function closingBrace(text: string, from: number): number {
  let open = 1;
  for (let index = from; index < text.length; index++) {
    if (text.startsWith('${', index)) open++;
    else if (text[index] === '}' && --open === 0) return index;
  }
  return -1;
}
