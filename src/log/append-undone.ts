import { DiskError } from '../runtime/disk.ts';

/** What was staged found no space on the disk and was taken back: the log is as it was before. */
export class AppendUndone extends DiskError {
  override name = 'AppendUndone';
}
