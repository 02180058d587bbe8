import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { expandedSize } from '../../../src/coordinator/group/pattern-size.ts';
import {
  compileTopicPattern,
  PATTERN_LENGTH_MAX,
  PATTERN_STEPS_MAX,
  type TopicPattern,
} from '../../../src/coordinator/group/topic-pattern.ts';

/** What Kafka 4.3.1 makes of patterns, captured with compat/java/TopicPatterns.java. */
interface Table {
  readonly names: readonly string[];
  readonly patterns: readonly { readonly pattern: string; readonly matches?: string[]; readonly refused?: string }[];
}

const url = new URL('../../../../test/coordinator/group/topic-patterns.json', import.meta.url);
const table = JSON.parse(readFileSync(url, 'utf8')) as Table;

/** Kafka's library reports this one without a reason. */
const OWN_WORDS = 'regexp/syntax: internal error';

test('patterns match what they match with Kafka, and what it refuses is refused in its words', () => {
  for (const { pattern, matches, refused } of table.patterns) {
    const compiled = compileTopicPattern(pattern);
    if (typeof compiled === 'function') {
      assert.deepEqual(table.names.filter(compiled), matches, pattern);
    } else {
      const reason = refused === OWN_WORDS ? 'unexpected )' : refused;
      assert.equal(
        compiled.refused,
        `SubscribedTopicRegex \`${pattern}\` is not a valid regular expression: ${reason}.`,
      );
    }
  }
});

test('a pattern matches all of a name or nothing', () => {
  const matches = patternOf('orders|ship');
  assert.deepEqual(['orders', 'ship', 'shipping', 'reorders'].filter(matches), ['orders', 'ship']);
});

test('patterns that make other engines search for ages take none', () => {
  const matches = patternOf('(a+)+b');
  assert.equal(matches('a'.repeat(249)), false);
});

test('what is too long or too large is refused before it costs anything', () => {
  const tooLong = compileTopicPattern('a'.repeat(PATTERN_LENGTH_MAX + 1));
  assert.ok('refused' in tooLong && tooLong.refused.endsWith('longer than 8192 characters.'));
  assert.ok(tooLong.refused.length < 300, 'the answer does not repeat all of it');
  for (const pattern of [
    '(a{100}){101}',
    '(((a{1000}){1000}){1000}){1000}',
    '(?:a{0,1000}){0,10}',
    '[a-z]{1000}'.repeat(11),
    '\\pL{1000}'.repeat(11),
    '(x{10}x{10}){10}'.repeat(60),
    '.?'.repeat(1_700),
  ]) {
    const refused = compileTopicPattern(pattern);
    assert.ok('refused' in refused && refused.refused.endsWith('its repetitions are too large.'), pattern);
  }
  assert.ok('refused' in compileTopicPattern('('.repeat(PATTERN_LENGTH_MAX)));
});

test('what looks like a repetition and is none does not count as one', () => {
  for (const pattern of ['\\x{10FFFF}', '\\p{Lu}', '[{9999}]+', '\\{9999\\}', 'a{', 'a{,9999}']) {
    assert.ok(expandedSize(pattern, PATTERN_STEPS_MAX) < 20, pattern);
  }
  assert.equal(expandedSize('[a-z]{1,249}', PATTERN_STEPS_MAX), 1 + 6 * 248);
  assert.equal(patternOf('[a-z]{1,249}')('orders'), true);
});

function patternOf(pattern: string): TopicPattern {
  const found = compileTopicPattern(pattern);
  assert.ok(typeof found === 'function');
  return found;
}
