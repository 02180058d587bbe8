import type * as Re2js from 're2js';
import { lazyPackage } from '../../runtime/packages.ts';
import { expandedSize } from './pattern-size.ts';

/** Kafka has no bound of its own; a list of a hundred topic names is well below this one. */
export const PATTERN_LENGTH_MAX = 8_192;

/**
 * Steps of the pattern with its repetitions written out, see {@link expandedSize}. Within it a pattern compiles in 100 ms,
 * and the worst that were found take 2 ms for a topic name of 200 letters.
 */
export const PATTERN_STEPS_MAX = 10_000;

/** A pattern that was compiled: tells whether it matches all of a topic's name. */
export type TopicPattern = (topic: string) => boolean;

/** Why a pattern cannot be used, for the client that sent it. */
export interface PatternRefusal {
  readonly refused: string;
  /** The same without the sentence around it. */
  readonly reason: string;
}

/**
 * Compiles a subscription by pattern (KIP-848, `SubscribedTopicRegex`). As in Kafka its syntax is RE2's, which matches in
 * time linear in the name, whatever the pattern. What RE2 does not take is refused, with Kafka's sentence; besides, what
 * would take much memory or time (Kafka takes such patterns, or runs out of memory over them).
 */
export function compileTopicPattern(text: string): TopicPattern | PatternRefusal {
  if (text.length > PATTERN_LENGTH_MAX) {
    return refusal(`${text.slice(0, 64)}...`, `it is longer than ${PATTERN_LENGTH_MAX} characters`);
  }
  if (expandedSize(text, PATTERN_STEPS_MAX) > PATTERN_STEPS_MAX) return refusal(text, 'its repetitions are too large');
  const { RE2JS, RE2JSException, RE2JSSyntaxException } = re2js();
  try {
    const pattern = RE2JS.compile(text);
    return (topic) => pattern.matches(topic);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return refusal(text, error.getDescription());
    if (error instanceof RE2JSException) return refusal(text, error.message);
    throw error;
  }
}

function refusal(text: string, reason: string): PatternRefusal {
  return { refused: `SubscribedTopicRegex \`${text}\` is not a valid regular expression: ${reason}.`, reason };
}

const re2js = lazyPackage('re2js') as () => typeof Re2js;
