import { KafkaError } from './client-error.ts';

const ENTRY = /^\s*\S+\s+(?:required|requisite|sufficient|optional)(?<options>[\s\S]*?);\s*$/i;
const OPTION =
  /^\s+(?<name>[^\s=]+)\s*=\s*(?:"(?<double>(?:[^"\\]|\\[\s\S])*)"|'(?<single>(?:[^'\\]|\\[\s\S])*)'|(?<plain>[^\s"']+))/;

/**
 * The options of one entry of JAAS, as `sasl.jaas.config` holds it: `Module required username="ann" password="secret";`. Undefined
 * without one. Throws INVALID_ARGUMENT for what is no entry, without its text, which holds secrets.
 */
export function jaasEntry(text: string | undefined): ReadonlyMap<string, string> | undefined {
  if (text === undefined) return undefined;
  let rest = ENTRY.exec(text)?.groups?.['options'];
  if (rest === undefined) throw malformed();
  const options = new Map<string, string>();
  while (rest.trim() !== '') {
    const found: RegExpExecArray | null = OPTION.exec(rest);
    if (found === null) throw malformed();
    const { name = '', double, single, plain = '' } = found.groups ?? {};
    options.set(name, (double ?? single)?.replaceAll(/\\([\s\S])/g, '$1') ?? plain);
    rest = rest.slice(found[0].length);
  }
  return options;
}

function malformed(): KafkaError {
  return new KafkaError(
    'INVALID_ARGUMENT',
    'sasl.jaas.config cannot be read; it has the form: <module class> required <option>="<value>" ...;',
  );
}
