/** Settings given one by one as `key=value`; a key without a value has an empty one, and the last of a name counts. */
export function keyValues(texts: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    if (text === '') continue;
    const at = text.indexOf('=');
    if (at < 0) found.set(text, '');
    else found.set(text.slice(0, at), text.slice(at + 1));
  }
  return found;
}
