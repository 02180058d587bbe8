/** Where a line may end: after blanks, after dashes and dots within words. */
const PIECE = /\S+?(?:-+(?=[A-Za-z])|\.(?=[A-Za-z])|\s+|$)|\s+/g;

/**
 * Text in lines of a width, every line but the last drawn out to it, as argparse4j prints texts.
 * @param indent what stands before every line but the first; the first begins as far to the right.
 */
export function justified(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(PIECE) ?? []) {
    if (line !== '' && indent.length + line.length + piece.length > width) {
      lines.push(drawnOut(line.trim(), width - indent.length));
      line = '';
    }
    line += piece;
  }
  return [...lines, line].join(`\n${indent}`);
}

/** Blanks between words grow evenly; what is left over goes to those in the middle. */
function drawnOut(line: string, width: number): string {
  const words = line.split(/( +)/);
  const gaps = (words.length - 1) / 2;
  const missing = width - line.length;
  if (gaps === 0 || missing <= 0) return line;
  const rest = missing % gaps;
  const from = Math.floor((gaps - rest + 1) / 2);
  return words
    .map((word, index) => {
      if (index % 2 === 0) return word;
      const gap = (index - 1) / 2;
      return word + ' '.repeat(Math.floor(missing / gaps) + (gap >= from && gap < from + rest ? 1 : 0));
    })
    .join('');
}
