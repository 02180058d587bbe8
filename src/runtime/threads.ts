/** Another thread of this process, and how to talk to it: messages are plain data and are copied. */
export interface Thread {
  post(message: unknown): void;
  /** Stops it where it stands; nothing more is heard of it. */
  end(): void;
}

export interface ThreadEvents {
  message(message: unknown): void;
  /** It could not be started, threw, or ended by itself. */
  failed(error: Error): void;
}

/** The threads there are, by the module that runs in them. */
export type ThreadName = 'cleaner';

/** Threads for work that would keep this one from its clients. They see the same files. */
export interface Threads {
  start(name: ThreadName, events: ThreadEvents): Thread;
}

/** The other end, inside the thread. */
export interface ThreadPort {
  post(message: unknown): void;
  listen(receive: (message: unknown) => void): void;
}
