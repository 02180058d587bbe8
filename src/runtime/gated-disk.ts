import type { DirectoryEntry, Disk, DiskFile, DiskSpace } from './disk.ts';
import { DiskError } from './disk.ts';
import type { Gate } from './gate.ts';

/**
 * The files of a program behind a gate. What it wrote before it died stays written; from then on every call of what may
 * still be under way fails, its files are closed and its locks are free. Threads are not handed on: nothing would stop them.
 */
export class GatedDisk implements Disk {
  readonly #disk: Disk;
  readonly #gate: Gate;

  constructor(disk: Disk, gate: Gate) {
    this.#disk = disk;
    this.#gate = gate;
  }

  open(path: string, mode: 'create' | 'existing' | 'read'): DiskFile {
    this.#check(path);
    return new GatedFile(this.#disk.open(path, mode), this.#gate);
  }

  readFile(path: string, bytesMax: number): Buffer {
    this.#check(path);
    return this.#disk.readFile(path, bytesMax);
  }

  replaceFile(path: string, content: Uint8Array): void {
    this.#check(path);
    this.#disk.replaceFile(path, content);
  }

  exists(path: string): boolean {
    this.#check(path);
    return this.#disk.exists(path);
  }

  list(path: string): DirectoryEntry[] {
    this.#check(path);
    return this.#disk.list(path);
  }

  makeDirectory(path: string): void {
    this.#check(path);
    this.#disk.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#check(from);
    this.#disk.rename(from, to);
  }

  remove(path: string): void {
    this.#check(path);
    this.#disk.remove(path);
  }

  syncDirectory(path: string): void {
    this.#check(path);
    this.#disk.syncDirectory(path);
  }

  syncDirectoryLater(path: string): Promise<void> {
    this.#check(path);
    return this.#gate.settle(this.#disk.syncDirectoryLater(path));
  }

  space(path: string): DiskSpace {
    this.#check(path);
    return this.#disk.space(path);
  }

  lock(path: string): { release(): void } | undefined {
    this.#check(path);
    const lock = this.#disk.lock(path);
    if (lock === undefined) return undefined;
    const forget = this.#gate.on('died', () => lock.release());
    return {
      release: () => {
        forget();
        lock.release();
      },
    };
  }

  #check(path: string): void {
    if (this.#gate.state === 'dead') throw gone(path);
  }
}

class GatedFile implements DiskFile {
  readonly path: string;
  readonly #file: DiskFile;
  readonly #gate: Gate;
  readonly #forget: () => void;

  constructor(file: DiskFile, gate: Gate) {
    this.path = file.path;
    this.#file = file;
    this.#gate = gate;
    this.#forget = gate.on('died', () => file.close());
  }

  read(into: Uint8Array, offset: number, length: number, position: number): number {
    this.#check();
    return this.#file.read(into, offset, length, position);
  }

  readAsync(into: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    this.#check();
    return this.#gate.settle(this.#file.readAsync(into, offset, length, position));
  }

  write(bytes: Uint8Array, position: number): void {
    this.#check();
    this.#file.write(bytes, position);
  }

  writeAll(chunks: readonly Uint8Array[], position: number): void {
    this.#check();
    this.#file.writeAll(chunks, position);
  }

  size(): number {
    this.#check();
    return this.#file.size();
  }

  truncate(size: number): void {
    this.#check();
    this.#file.truncate(size);
  }

  sync(): Promise<void> {
    this.#check();
    return this.#gate.settle(this.#file.sync());
  }

  syncNow(): void {
    this.#check();
    this.#file.syncNow();
  }

  close(): void {
    if (this.#gate.state === 'dead') return;
    this.#forget();
    this.#file.close();
  }

  #check(): void {
    if (this.#gate.state === 'dead') throw gone(this.path);
  }
}

function gone(path: string): DiskError {
  return new DiskError('EBADF', path, 'the program is dead');
}
