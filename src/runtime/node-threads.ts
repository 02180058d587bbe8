import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { Worker, parentPort } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import type { Thread, ThreadEvents, ThreadName, ThreadPort, Threads } from './threads.ts';

/** Where the module of a thread lies: in the bundle's folder, or where it was compiled to. */
const modules: Readonly<Record<ThreadName, string>> = import.meta.url.endsWith('.cjs')
  ? { cleaner: './cleaner.cjs' }
  : { cleaner: '../log/cleaning/cleaner-thread.js' };

/** Worker threads of Node. They do not keep the process alive. */
export const nodeThreads: Threads = {
  start(name: ThreadName, events: ThreadEvents): Thread {
    const worker = new Worker(new URL(modules[name], import.meta.url), { execArgv: [] });
    let isOver = false;
    const failed = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      events.failed(error);
    };
    worker.unref();
    worker.on('message', (message: unknown) => {
      if (!isOver) events.message(message);
    });
    worker.on('error', (error) => failed(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => failed(new Error(`the ${name} thread ended with ${code}`)));
    return {
      post: (message) => worker.postMessage(message, []),
      end: () => {
        isOver = true;
        // It has nothing to tell any more, not even that it could not be stopped.
        worker.terminate().catch(() => {});
      },
    };
  },
};

/** This thread's line to the one that started it. */
export function threadPort(): ThreadPort {
  const port = parentPort;
  assert(port !== null, 'not in a thread');
  return {
    post: (message) => port.postMessage(message, []),
    listen: (receive) => void port.on('message', receive),
  };
}

/**
 * Lets every other thread of the machine go first: Linux knows a priority for each thread. Elsewhere, and where it is not
 * allowed, nothing changes.
 */
export function stepBack(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (Number.isInteger(thread)) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not Linux, or not allowed: the work is done all the same.
  }
}
