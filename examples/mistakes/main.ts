import { openStage } from '../story.ts';
import { commits } from './commits.ts';
import { keys } from './keys.ts';
import { rebalance } from './rebalance.ts';
import { schema } from './schema.ts';

/**
 * Story 5: the four mistakes that beginners make, each wrong and right. One file for each.
 *
 *   npm run example -- mistakes
 *   BOOTSTRAP=localhost:9092 npm run example -- mistakes
 */
const stage = await openStage();
await keys(stage);
await commits(stage);
await rebalance(stage);
await schema(stage);
await stage.close();
