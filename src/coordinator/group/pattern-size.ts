/** RE2's bound of each repetition. */
const REPEAT_MAX = 1_000;

/** What may come or not costs most when it is matched: many states are possible at each letter. */
const CHOICE_STEPS = 5;

/**
 * What a pattern costs: how many steps it has when its repetitions are written out (`(ab){50}` becomes a hundred), roughly
 * and rather too many than too few, with a surcharge for each choice. Known before anything is compiled, so that what is too large costs nothing. Stops counting soon
 * after the limit.
 */
export function expandedSize(pattern: string, limit: number): number {
  const outer: number[] = [];
  let total = 0;
  let last = 0;
  const add = (size: number): void => {
    last = size;
    total += size;
  };
  for (let position = 0; position < pattern.length && total <= limit;) {
    const letter = pattern[position];
    const times = letter === '{' ? repetitionAt(pattern, position) : undefined;
    if (times !== undefined) {
      total += last * (times.factor - 1);
      last *= times.factor;
      position += times.length;
      continue;
    }
    if (letter === '(') {
      outer.push(total);
      total = last = 0;
    } else if (letter === ')') {
      last = total + 2;
      total = (outer.pop() ?? 0) + last;
    } else if (letter === '*' || letter === '+' || letter === '?') {
      last += CHOICE_STEPS;
      total += CHOICE_STEPS;
    } else {
      add(1);
    }
    position += tokenLength(pattern, position);
  }
  return outer.reduce((sum, size) => sum + size, total);
}

/** A repetition as RE2 understands it; a brace that begins none is a letter like others. */
function repetitionAt(pattern: string, position: number): { factor: number; length: number } | undefined {
  repetition.lastIndex = position;
  const found = repetition.exec(pattern);
  if (found === null) return undefined;
  const least = Number(found[1]);
  const most = found[2] === undefined ? least : Number(found[3]);
  // RE2 refuses these, and has its own words for it.
  if (least > REPEAT_MAX || most > REPEAT_MAX) return { factor: 1, length: found[0].length };
  const factor = most > least ? least + (1 + CHOICE_STEPS) * (most - least) : least + 1;
  return { factor, length: found[0].length };
}

const repetition = /\{(\d+)(,(\d*))?\}/y;

/** Escapes, with the name in braces that some have, and classes are one step whatever stands in them. */
function tokenLength(pattern: string, position: number): number {
  token.lastIndex = position;
  return token.exec(pattern)?.[0].length ?? 1;
}

const token = /\\[pPx]\{[^}]*\}|\\[^]|\[\^?\]?(?:\\[^]|\[:[^\]]*:\]|[^\]\\])*\]/y;
