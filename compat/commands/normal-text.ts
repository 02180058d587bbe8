/** What a program said and how it ended. */
export interface Said {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/**
 * What two runs may never have in common is taken out: names made for one run, topic ids, and, of Kafka's side, the stack traces
 * and log lines of Java. The descriptions of options are each program's own words: from the head of the table on, nothing is
 * compared.
 */
export function normalText(said: Said, name: string): string {
  return [
    `exit code ${said.code}`,
    '--- stdout',
    ...lines(said.out, name),
    '--- stderr',
    ...lines(said.err, name),
  ].join('\n');
}

function lines(text: string, name: string): string[] {
  const table = /^Option +Description *$/m.exec(text);
  return (table === null ? text : text.slice(0, table.index))
    .replaceAll(name, '{name}')
    .split('\n')
    .filter(
      (line) => !/^\tat |^Caused by: |^(?:[a-z]+\.)+[A-Za-z$]+(?:Exception|Error)(?::|$)|^\t\.\.\. \d+ more/.test(line),
    )
    .map((line) => line.replace(/TopicId: \S{22}/, 'TopicId: {id}').trimEnd())
    .filter((line) => line !== '');
}
