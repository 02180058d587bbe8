import { ToolFailure } from './tool-failure.ts';

/** Topics by a pattern, as a flag gives it: a regular expression for the whole name, in which a comma stands for "or". */
export class TopicPattern {
  readonly #pattern: RegExp;

  constructor(text: string) {
    const cleaned = text
      .trim()
      .replaceAll(',', '|')
      .replaceAll(' ', '')
      .replace(/^["']+/, '')
      .replace(/["']+$/, '');
    try {
      this.#pattern = new RegExp(`^(?:${cleaned})$`, 's');
    } catch {
      throw new ToolFailure(`${cleaned} is an invalid regex.`);
    }
  }

  fits(topic: string): boolean {
    return this.#pattern.test(topic);
  }
}
