import * as fs from 'node:fs';
import { DiskError, type DiskFile } from './disk.ts';

/** One open file. After {@link NodeFile.close} every call throws EBADF: the number may belong to another file by then. */
export class NodeFile implements DiskFile {
  readonly path: string;
  #fd: number;
  #isOpen = true;
  #pooled = 0;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  read(into: Uint8Array, offset: number, length: number, position: number): number {
    const fd = this.#open();
    let done = 0;
    try {
      while (done < length) {
        const count = fs.readSync(fd, into, offset + done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw diskErrorOf(error, this.path);
    }
    return done;
  }

  async readAsync(into: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    let done = 0;
    while (done < length) {
      const count = await this.#onPool<number>((callback) => {
        fs.read(this.#fd, into, offset + done, length - done, position + done, callback);
      });
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  write(bytes: Uint8Array, position: number): void {
    const fd = this.#open();
    try {
      for (let done = 0; done < bytes.length;) {
        done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
      }
    } catch (error) {
      throw diskErrorOf(error, this.path);
    }
  }

  writeAll(chunks: readonly Uint8Array[], position: number): void {
    const only = chunks[0];
    if (only !== undefined && chunks.length === 1) {
      this.write(only, position);
      return;
    }
    const fd = this.#open();
    try {
      let wanted = 0;
      for (const chunk of chunks) wanted += chunk.length;
      if (wanted === 0) return;
      const done = fs.writevSync(fd, chunks, position);
      // Rare: the call was cut short (a signal, a nearly full disk). The rest goes chunk by chunk.
      if (done < wanted) this.#writeRest(chunks, position, done);
    } catch (error) {
      throw diskErrorOf(error, this.path);
    }
  }

  size(): number {
    try {
      return fs.fstatSync(this.#open()).size;
    } catch (error) {
      throw diskErrorOf(error, this.path);
    }
  }

  truncate(size: number): void {
    try {
      fs.ftruncateSync(this.#open(), size);
    } catch (error) {
      throw diskErrorOf(error, this.path);
    }
  }

  async sync(): Promise<void> {
    await this.#onPool<void>((callback) => {
      fs.fdatasync(this.#fd, (error) => callback(error));
    });
  }

  syncNow(): void {
    try {
      fs.fdatasyncSync(this.#open());
    } catch (error) {
      throw diskErrorOf(error, this.path);
    }
  }

  /** Work still on the thread pool keeps the descriptor until it is done. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#pooled === 0) this.#closeNow();
  }

  #open(): number {
    if (!this.#isOpen) throw new DiskError('EBADF', this.path, `${this.path} is closed`);
    return this.#fd;
  }

  #writeRest(chunks: readonly Uint8Array[], position: number, done: number): void {
    let start = 0;
    for (const chunk of chunks) {
      const end = start + chunk.length;
      if (end > done) {
        const from = Math.max(done - start, 0);
        this.write(chunk.subarray(from), position + start + from);
      }
      start = end;
    }
  }

  #onPool<Result>(
    call: (callback: (error: NodeJS.ErrnoException | null, result?: Result) => void) => void,
  ): Promise<Result> {
    this.#open();
    this.#pooled++;
    return new Promise<Result>((resolve, reject) => {
      call((error, result) => {
        this.#pooled--;
        if (!this.#isOpen && this.#pooled === 0) this.#closeNow();
        if (error) reject(diskErrorOf(error, this.path));
        else resolve(result as Result);
      });
    });
  }

  #closeNow(): void {
    const fd = this.#fd;
    this.#fd = -1;
    fs.closeSync(fd);
  }
}

/** What Node threw, as the seam has it. Errors that are not the file system's pass unchanged. */
export function diskErrorOf(error: unknown, path: string): Error {
  const failure = error as NodeJS.ErrnoException;
  if (failure instanceof DiskError || failure.syscall === undefined) return failure;
  return new DiskError(failure.code ?? 'EIO', path, failure.message, { cause: failure });
}
