import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OUTPUT_BYTES_MAX = 100_000_000;

/**
 * How many segments with data some processes have sent to each other over TCP, counted by the kernel for the connections that
 * stand now: at rest, where everything is small, each is a request or an answer.
 */
export async function messagesBetween(pids: readonly number[]): Promise<number> {
  const { stdout } = await promisify(execFile)('ss', ['-tinpH'], { maxBuffer: OUTPUT_BYTES_MAX });
  return messagesIn(stdout, new Set(pids));
}

/** Reads what `ss -tinpH` prints: two lines for each end of a connection, the second indented. */
export function messagesIn(text: string, pids: ReadonlySet<number>): number {
  const sentByEnd = new Map<string, number>();
  for (const [, head = '', facts = ''] of text.matchAll(/^(\S.*)\n\s+(.*)$/gm)) {
    const [, , , local, peer] = head.split(/\s+/);
    if (!pids.has(Number(/\bpid=(\d+)/.exec(head)?.[1]))) continue;
    sentByEnd.set(`${local} ${peer}`, Number(/\bdata_segs_out:(\d+)/.exec(facts)?.[1] ?? 0));
  }
  let sum = 0;
  for (const [end, sent] of sentByEnd) if (sentByEnd.has(end.split(' ').toReversed().join(' '))) sum += sent;
  return sum;
}
