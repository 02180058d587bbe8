import type { CommandCase } from '../case.ts';
import { configCases } from './configs.ts';
import { logDirCases } from './log-dirs.ts';
import { offsetCases } from './offsets.ts';
import { topicCases } from './topics.ts';

export const allCases: readonly CommandCase[] = [...topicCases, ...configCases, ...offsetCases, ...logDirCases];
