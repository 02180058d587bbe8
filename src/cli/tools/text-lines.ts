import { StringDecoder } from 'node:string_decoder';
import { ToolFailure } from './tool-failure.ts';

/** A longer line cannot be a record of any broker, and must not fill the memory. */
const LINE_CHARS_MAX = 256 * 1024 * 1024;

/** Lines of UTF-8 text that ends them with LF, CR or CRLF; the last may go without. Takes no more from its source than is asked of it. */
export async function* textLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string[], void> {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  let restLength = 0;
  let isAfterReturn = false;
  for await (const chunk of source) {
    let text = decoder.write(chunk);
    if (isAfterReturn && text.startsWith('\n')) text = text.slice(1);
    if (text === '') continue;
    isAfterReturn = text.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    const last = lines.pop() ?? '';
    if (lines.length > 0) {
      lines[0] = rest.join('') + (lines[0] ?? '');
      rest = [];
      restLength = 0;
      yield lines;
    }
    rest.push(last);
    restLength += last.length;
    if (restLength > LINE_CHARS_MAX) {
      throw new ToolFailure(`a line has more than ${LINE_CHARS_MAX} letters; the input has to be lines of text`);
    }
  }
  const last = rest.join('') + decoder.end();
  if (last !== '') yield [last];
}
