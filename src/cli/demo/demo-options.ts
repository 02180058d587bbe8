import type { OptionSpec } from '../tools/option-parser.ts';

/** The options of `posthorn demo`. */
export const demoSpecs = {
  help: { text: 'Tells how this command is used.' },
  port: { argument: 'n', type: 'Integer', text: 'Where the broker listens; 9092, or a free one when that is taken.' },
  seconds: { argument: 'n', type: 'Double', text: 'Ends by itself after so long.' },
} as const satisfies Record<string, OptionSpec>;

/** What it says of itself. */
export const demoAbout = 'Starts a broker in memory with a small shop that lives, and says what to try with it.\n';
