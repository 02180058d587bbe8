import type { DiskFile } from '../../../runtime/disk.ts';
import type { ProgressBar } from '../../tools/progress-bar.ts';
import type { OutputBuffer } from '../../tools/output-buffer.ts';
import type { DumpFindings } from './dump-findings.ts';
import type { DumpPlan } from './dump-log-options.ts';

/** What the dump of a file has at hand. */
export interface Dump {
  readonly plan: DumpPlan;
  readonly output: OutputBuffer;
  readonly findings: DumpFindings;
  /** Opens a file for reading. */
  open(path: string): DiskFile;
  err(line: string): void;
  /** How far a file is read, shown where what is printed goes elsewhere; ended with the file. */
  progress(path: string, bytes: number): ProgressBar;
}
