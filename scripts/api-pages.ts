import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportsOf, membersOf, type Declaration } from './declarations.ts';

/** The reference of `posthorn/client`, made from the declarations that the compiler writes, with their doc comments. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const ENTRY = 'dist/src/client/index.d.ts';

interface Page {
  readonly file: string;
  readonly title: string;
  readonly about: string;
  readonly holds: RegExp;
}

/** The first that holds a file has what it declares. */
const PAGES: readonly Page[] = [
  { file: 'producer.md', title: 'Producer', about: 'Writing records.', holds: /client\/producer\// },
  { file: 'consumer.md', title: 'Consumer', about: 'Reading records.', holds: /client\/consumer\// },
  { file: 'admin.md', title: 'Admin', about: 'Running a cluster.', holds: /client\/admin\// },
  { file: 'errors.md', title: 'Errors', about: 'What calls reject with.', holds: /client-error|protocol\/error/ },
  { file: 'serializers.md', title: 'Serializers', about: 'Keys and values as bytes.', holds: /serializers/ },
  { file: 'observing.md', title: 'Observing', about: 'Metrics, events, traces.', holds: /client\/observe\// },
  { file: 'client.md', title: 'Client', about: 'Reaching a cluster, and what all clients share.', holds: /./ },
];

/** Every page by its path. */
export function apiPages(): Map<string, string> {
  const all = exportsOf(ENTRY, (path) => readFileSync(join(root, path), 'utf8'));
  const names = new Map(all.map((one) => [one.name, `${pageOf(one).file}#${one.name.toLowerCase()}`]));
  const pages = PAGES.map((page): [string, string] => {
    const here = all.filter((one) => pageOf(one) === page).toSorted(byKind);
    const parts = here.map((one) => section(one, names));
    return [`docs/api/${page.file}`, `${[`# ${page.title}`, page.about, ...parts].join('\n\n')}\n`];
  });
  return new Map([['docs/api/README.md', overview(all, names)], ...pages]);
}

function pageOf({ path }: Declaration): Page {
  return PAGES.find(({ holds }) => holds.test(path))!;
}

/** Classes first, then functions, constants and types, each by name. */
function byKind(a: Declaration, b: Declaration): number {
  const order = ['class', 'function', 'const', 'interface', 'type'];
  return order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1);
}

function overview(all: readonly Declaration[], names: ReadonlyMap<string, string>): string {
  const lines = [
    '# Reference of `posthorn/client`',
    'Made from the doc comments of `src/client/` by `node dist/scripts/generate-docs.js`. To learn the client, read the [guide](../guide.md).',
  ];
  for (const page of PAGES) {
    const rows = all
      .filter((one) => pageOf(one) === page)
      .toSorted(byKind)
      .map((one) => `| [\`${one.name}\`](${names.get(one.name)}) | ${one.kind} | ${cell(firstSentence(one.doc))} |`);
    const table = ['| name | | |', '| --- | --- | --- |', ...rows].join('\n');
    lines.push(`## [${page.title}](${page.file})`, page.about, table);
  }
  return `${lines.join('\n\n')}\n`;
}

function section(one: Declaration, names: ReadonlyMap<string, string>): string {
  const parts = [`## ${one.name}`];
  if (one.doc !== '') parts.push(linked(one.doc, names));
  if (one.kind !== 'class') return [...parts, code(plain(one.text))].join('\n\n');
  parts.push(code(one.text.split('\n')[0]!.replace(/ \{$/, '')));
  for (const { doc, signature } of membersOf(one)) {
    if (one.isTypeOnly && signature.startsWith('constructor')) continue;
    const text = doc === '' ? '' : `\n\n${linked(doc, names)}`;
    parts.push(`### ${memberName(signature)}\n\n${code(plain(signature))}${text}`);
  }
  return parts.join('\n\n');
}

/** `send`, `assignment`, `constructor`, `[Symbol.asyncIterator]`. */
function memberName(signature: string): string {
  const bare = signature.replace(/^(?:(?:readonly|static|override|get|set|protected) )+/, '');
  return /^(\[[^\]]+\]|[\w#]+)/.exec(bare)?.[1] ?? bare;
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/** Links as words: within code they cannot be followed. */
function plain(text: string): string {
  return text.replaceAll(/\{@link ([^}]+)\}/g, '$1');
}

function linked(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{@link ([^}]+)\}/g, (_, name: string) => {
    const target = names.get(name.split('.')[0]!);
    return target === undefined ? `\`${name}\`` : `[\`${name}\`](${target})`;
  });
}

function firstSentence(text: string): string {
  const sentence = /^[^]*?[.;](?= |$)/.exec(text.split('\n')[0] ?? '')?.[0] ?? text;
  return plain(sentence.replace(/;$/, '.'));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
