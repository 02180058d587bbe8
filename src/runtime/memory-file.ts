import { DiskError, type DiskFile } from './disk.ts';
import type { DiskFaults } from './disk-faults.ts';
import type { MemoryNode } from './memory-node.ts';

/** What an open file needs of its disk. */
export interface MemoryDiskState {
  readonly faults: DiskFaults;
  /** False once the process that had the disk is gone. */
  readonly isAlive: boolean;
  /** Counts bytes in or out; throws ENOSPC when they do not fit. */
  charge(bytes: number, path: string): void;
  /** The node has lost its last name or its last open file. */
  dropped(node: MemoryNode): void;
}

/** An open file of a {@link MemoryDisk}. It goes on working when its name is gone, as on Unix. */
export class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #node: MemoryNode;
  readonly #disk: MemoryDiskState;
  readonly #isWritable: boolean;
  #isOpen = true;

  constructor(path: string, node: MemoryNode, disk: MemoryDiskState, isWritable: boolean) {
    this.path = path;
    this.#node = node;
    this.#disk = disk;
    this.#isWritable = isWritable;
    node.openCount++;
  }

  read(into: Uint8Array, offset: number, length: number, position: number): number {
    this.#check();
    this.#disk.faults.check('read', this.path);
    return this.#node.content.read(into, offset, length, position);
  }

  async readAsync(into: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return this.read(into, offset, length, position);
  }

  write(bytes: Uint8Array, position: number): void {
    this.#checkWritable();
    this.#disk.faults.check('write', this.path, ({ writtenBytes = 0 }) => {
      this.#put(bytes.subarray(0, writtenBytes), position);
    });
    this.#put(bytes, position);
  }

  writeAll(chunks: readonly Uint8Array[], position: number): void {
    this.#checkWritable();
    this.#disk.faults.check('write', this.path, ({ writtenBytes = 0 }) => {
      this.#put(Buffer.concat(chunks).subarray(0, writtenBytes), position);
    });
    let at = position;
    for (const chunk of chunks) {
      this.#put(chunk, at);
      at += chunk.length;
    }
  }

  size(): number {
    this.#check();
    return this.#node.content.size;
  }

  truncate(size: number): void {
    this.#checkWritable();
    this.#disk.faults.check('truncate', this.path);
    this.#disk.charge(size - this.#node.content.size, this.path);
    this.#node.truncate(size);
  }

  async sync(): Promise<void> {
    this.#check();
    const { changeCount } = this.#node;
    this.#disk.faults.check('sync', this.path, () => this.#node.forget(changeCount));
    // Durable only some time after the call: what crashes in between has synced nothing.
    await Promise.resolve();
    if (!this.#disk.isAlive) throw new DiskError('EIO', this.path, 'the process is gone');
    this.#node.makeDurable(changeCount);
  }

  syncNow(): void {
    this.#check();
    const { changeCount } = this.#node;
    this.#disk.faults.check('sync', this.path, () => this.#node.forget(changeCount));
    this.#node.makeDurable(changeCount);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#node.openCount--;
    this.#disk.dropped(this.#node);
  }

  #check(): void {
    if (!this.#disk.isAlive) throw new DiskError('EIO', this.path, 'the process is gone');
    if (!this.#isOpen) throw new DiskError('EBADF', this.path, `${this.path} is closed`);
  }

  #checkWritable(): void {
    this.#check();
    if (!this.#isWritable) throw new DiskError('EBADF', this.path, `${this.path} is open for reading`);
  }

  #put(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const growth = position + bytes.length - this.#node.content.size;
    if (growth > 0) this.#disk.charge(growth, this.path);
    this.#node.write(bytes, position);
  }
}
