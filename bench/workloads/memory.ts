import { GIB_OF_1K_RECORDS } from '../scale.ts';
import type { Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';
import { produceOnce } from './produce.ts';

const RECORD_BYTES = 1024;
/** After so much a heap has found its size: what is seen from then on is growth. */
const WARM_UP_RECORDS = 2 * GIB_OF_1K_RECORDS;
/** Growth from the first to the last round that passes for the breathing of a heap. */
const GROWTH_MAX = 1.1;
const RESIDENT_MAX_MB = 200;

/** Memory under a load that goes on and on: does it stay where it is? */
export const memory: Workload = {
  name: 'memory',
  title: 'Memory under a long load of 1 KiB records',
  method:
    "Kafka's ProducerPerformance with default settings and acks=1, 1 KiB records as fast as it can. Two GiB warm each broker; each " +
    'round then produces as much as the scale says, into a fresh topic of 4 partitions that is deleted afterwards.',
  metrics: [
    {
      key: 'residentMaxMb',
      title: 'highest resident memory',
      unit: 'MB',
      better: 'less',
      goals: [
        { of: 'worst', bound: 'at most', limit: RESIDENT_MAX_MB },
        { of: 'growth', bound: 'at most', limit: GROWTH_MAX },
      ],
    },
    { key: 'residentAfterMb', title: 'resident memory one second after', unit: 'MB', better: 'less' },
  ],
  open: async (context) => {
    const brokers = await Brokers.start(context);
    const job = { payload: { bytes: RECORD_BYTES }, settings: ['acks=1'] };
    for (const { name } of context.sides) {
      await produceOnce(brokers.of(name), 'memory-warm', { ...job, records: WARM_UP_RECORDS });
    }
    return {
      measure: (name, round) =>
        produceOnce(brokers.of(name), `memory-${round}`, { ...job, records: context.scale.records1k }),
      close: () => brokers.stop(),
    };
  },
};
