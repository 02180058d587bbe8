import type { Logger } from '../../src/runtime/logger.ts';

const nothing = (): void => {};

export const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };
