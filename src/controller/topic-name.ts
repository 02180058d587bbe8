const LENGTH_MAX = 249;
const LEGAL = /^[a-zA-Z0-9._-]+$/;

/** Why a topic may not have this name, in Kafka's words, or undefined (Topic.validate). */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed';
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`;
  if (name.length > LENGTH_MAX) {
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${LENGTH_MAX}`;
  }
  if (LEGAL.test(name)) return undefined;
  return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
}
