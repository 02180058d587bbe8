import type { Fields, Write } from '../../protocol/schema.ts';

/** Takes the answer: the response, or undefined where the protocol wants none (acks=0). `sent` runs once it has left. */
export type Reply<Res extends Fields> = (response: Write<Res> | undefined, sent?: () => void) => void;
