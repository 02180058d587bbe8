const SUBSTITUTION = 2;
const DELETION = 3;
/** Words that are further away are no suggestion. */
const DISTANCE_MAX = 7;

/** The known words nearest to one, as argparse4j weighs them: what was left out costs least. None when all are too far away. */
export function similarWords(word: string, known: readonly string[]): string[] {
  const rated = known.map((each) => ({
    each,
    distance: bare(each).startsWith(bare(word)) ? 0 : distance(bare(word), bare(each)),
  }));
  const best = Math.min(DISTANCE_MAX, ...rated.map((one) => one.distance));
  if (best === DISTANCE_MAX) return [];
  return rated
    .filter((one) => one.distance === best)
    .map((one) => one.each)
    .toSorted();
}

/** Damerau and Levenshtein's: letters that changed places cost nothing, additions 1. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let cost = last[j - 1]! + (isSame ? 0 : SUBSTITUTION);
      const isSwapped = !isSame && i > 1 && j > 1 && from[i - 2] === to[j - 1] && from[i - 1] === to[j - 2];
      if (isSwapped) cost = Math.min(cost, before[j - 2]!);
      row.push(Math.min(cost, last[j]! + DELETION, row[j - 1]! + 1));
    }
    before = last;
    last = row;
  }
  return last[to.length]!;
}

function bare(text: string): string {
  return text.replace(/^-+/, '');
}
