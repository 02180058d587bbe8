import { deleteRecordsTool } from '../commands/delete-records.ts';
import { getOffsetsTool } from '../commands/get-offsets.ts';
import { logDirsTool } from '../commands/log-dirs.ts';
import { topicsTool } from '../commands/topics.ts';
import { configsTool } from '../commands/configs.ts';
import type { Tool } from './tool.ts';

/** Every command of Kafka's that there is. */
export const allTools: readonly Tool[] = [configsTool, deleteRecordsTool, getOffsetsTool, logDirsTool, topicsTool];

/** A command by the name it is called by: `kafka-topics.sh`, `kafka-topics` and `topics` are one. */
export function toolNamed(name: string): Tool | undefined {
  const plain = name.replace(/\.(?:sh|bat|cmd)$/, '');
  return allTools.find((tool) => tool.name === plain || tool.name === `kafka-${plain}`);
}
