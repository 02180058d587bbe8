/** Thrown when a setting is unknown or its value bad: one sentence for each, with key, value, what is allowed. */
export class InvalidConfiguration extends Error {
  override name = 'InvalidConfiguration';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
