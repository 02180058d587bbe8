/** Descriptors of a process, as the system numbers them. */
export const STDOUT = 1;
export const STDERR = 2;
