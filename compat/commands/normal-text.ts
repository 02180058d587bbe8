/** What a program said and how it ended. */
export interface Said {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/**
 * What two runs may never have in common is taken out: names made for one run, topic ids, and, of Kafka's side, the stack traces
 * and log lines of Java. The descriptions of options are each program's own words: of the tables of options, the options and the
 * names of their arguments are compared. Times are not, nor what is logged: Kafka's tools run with their logs off here.
 */
export function normalText(said: Said, name: string, isUnordered = false): string {
  const out = lines(said.out, name);
  return [
    `exit code ${said.code}`,
    '--- stdout',
    ...(isUnordered ? out.toSorted() : out),
    '--- stderr',
    ...lines(said.err, name),
  ].join('\n');
}

function lines(text: string, name: string): string[] {
  const table = /^Option(?: \(\* = required\))? +Description *$/m.exec(text);
  const tabled = table === null ? [] : optionHeads(text.slice(table.index));
  const plain = (table === null ? text : text.slice(0, table.index))
    .replaceAll(name, '{name}')
    .split('\n')
    .filter(
      (line) =>
        !/^\t(?:at |Suppressed: )|^Caused by: |^(?:[a-z]+\.)+[A-Za-z$]+(?:Exception|Error)(?::|$)|^\t\.\.\. \d+ more|^ at \[Source/.test(
          line,
        ),
    )
    .filter((line) => !/^\[\d{4}-\d\d-\d\d [\d:,]+\] (?:ERROR|WARN) /.test(line))
    .map(withoutMeasures)
    .map((line) => line.replace(/TopicId: \S{22}/, 'TopicId: {id}').trimEnd());
  const isHelp = plain.some((line) => line === 'optional arguments:');
  return [...(isHelp ? helpHeads(plain) : plain), ...tabled].filter((line) => line !== '');
}

/** The left column of joptsimple's table; heads that go over several lines are put together. */
function optionHeads(table: string): string[] {
  const [title = '', , ...rows] = table.split('\n');
  const width = title.indexOf('Description');
  const heads: string[] = [];
  for (const row of rows) {
    const left = row.slice(0, width).trimEnd();
    if (!left.startsWith('  ')) heads.push(left);
    else heads.push(`${heads.pop()} ${left.trim()}`);
  }
  // joptsimple breaks lines within words as well.
  return heads.map((head) => head.trim().replaceAll(/(?<=[:,-]) +/g, ''));
}

const HELP_COLUMN = 25;

/** Of argparse4j's help how the command is called, the titles, and the left column. */
function helpHeads(help: readonly string[]): string[] {
  const usageEnd = help.indexOf('');
  return [
    ...help.slice(0, usageEnd),
    ...help
      .slice(usageEnd)
      .filter((line) => /^(?:\S[^.]*:$| {2}(?:-|\{|[A-Z]+$)| {4}\S)/.test(line))
      .map((line) => (line[HELP_COLUMN - 1] === ' ' ? line.slice(0, HELP_COLUMN) : line).trim()),
  ];
}

/** Times, rates and latencies, which no two runs have in common. */
function withoutMeasures(line: string): string {
  return line
    .replaceAll(/\b1[789]\d{11}\b/g, '{time}')
    .replace(/("avg_throughput":)[\d.E]+/, '$1{rate}')
    .replace(/(?<=records sent, |Avg latency: |Percentiles: |^0\t).*/, (measured) =>
      measured.replaceAll(/\d+(\.\d+)? |(?<== )\d+|\([\d.]+|^[\d.]+(E-?\d+)?$/g, '{n} '),
    )
    .replace(/^(?:\d{4}-\d\d-\d\d [\d:]+, ){2}([\d.]+), [\d.]+, (\d+), .*$/, '{times}, $1, {n}, $2, {n}');
}
