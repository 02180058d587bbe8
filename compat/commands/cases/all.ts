import type { CommandCase } from '../case.ts';
import { topicCases } from './topics.ts';

export const allCases: readonly CommandCase[] = [...topicCases];
