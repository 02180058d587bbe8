/** Hosts of package registries, in pieces: a file that names none in order to look for them. */
const registryHosts = [
  ['registry', 'npmjs'],
  ['pypi', 'org'],
  ['pythonhosted'],
  ['repo1?', 'maven'],
  ['proxy', 'golang'],
  ['sum', 'golang'],
].map((parts) => parts.join('\\.'));

/** What must not stand in a file of the repository: it would tie it to one machine or one mirror. */
const marks: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'path of one machine',
    pattern: /(?<![\w.$}*-])\/(?:work|root|Users)\/[\w.-]+|(?<![\w.$}*-])\/home\/(?!node\b)[a-z][\w.-]*/,
  },
  {
    what: 'address of a package registry',
    pattern: new RegExp(`${registryHosts.join('|')}|"resolved":\\s*"https?:|//registry\\.|artifactory|_authToken`, 'i'),
  },
];

/** The files that name the marks in order to look for them. */
const exempt: readonly string[] = ['scripts/tracked-text.ts', 'test/scripts/tracked-text.test.ts'];

/** One line per fault in the text of one file. */
export function textFaults(path: string, text: string): string[] {
  if (exempt.includes(path)) return [];
  return text
    .split('\n')
    .flatMap((line, index) =>
      marks.filter(({ pattern }) => pattern.test(line)).map(({ what }) => `${path}:${index + 1}: ${what}`),
    );
}
