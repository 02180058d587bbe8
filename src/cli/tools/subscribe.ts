import type { Consumer } from '../../client/consumer/consumer.ts';
import { javaFailure } from './java-failure.ts';

/** Subscribes a command's consumer to a topic, or to all that match a regular expression. */
export async function subscribe<K, V>(
  consumer: Consumer<K, V>,
  to: { readonly topic: string } | { readonly include: string },
): Promise<void> {
  await consumer.subscribe('topic' in to ? [to.topic] : patternOf(to.include));
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw javaFailure('java.util.regex.PatternSyntaxException', reason);
  }
}
