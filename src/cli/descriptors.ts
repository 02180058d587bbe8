/** Descriptors of a process, as the system numbers them. */
export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
