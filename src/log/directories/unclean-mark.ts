import type { Disk } from '../../runtime/disk.ts';

const UNCLEAN = '.unclean';

/** In the directory of a damaged log: it did not end in order, whatever the mark of a clean shutdown says of all logs. */
export class UncleanMark {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  get isSet(): boolean {
    return this.#disk.exists(`${this.#directory}/${UNCLEAN}`);
  }

  /** Durably. Rejects with DiskError. */
  async set(): Promise<void> {
    this.#disk.open(`${this.#directory}/${UNCLEAN}`, 'create').close();
    await this.#disk.syncDirectoryLater(this.#directory);
  }

  /** The log is sound again. Throws DiskError. */
  clear(): void {
    this.#disk.remove(`${this.#directory}/${UNCLEAN}`);
  }
}
