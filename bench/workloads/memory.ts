import { memory as memoryOf } from '../measure/process-stats.ts';
import type { Workload } from '../workload.ts';
import { Brokers } from './brokers.ts';
import { produceOnce } from './produce.ts';

const RECORD_BYTES = 1024;
const RECORDS_PER_SECOND = 20_000;
const PARTITIONS = 4;
/** Growth from the first to the last round that passes for the breathing of a heap. */
const GROWTH_MAX = 1.1;
const RESIDENT_MAX_MB = 200;

/** Memory under a load that goes on and on: does it stay where it is? */
export const memory: Workload = {
  name: 'memory',
  title: 'Memory under a load that goes on',
  method:
    `Kafka's ProducerPerformance with default settings and acks=1, ${RECORDS_PER_SECOND.toLocaleString('en')} records of 1 KiB a second, the same for both, on the same brokers in all rounds. Each round is 200 s (quick: 10 s), ` +
    'so that three make ten minutes; one comes before them. Each goes into a fresh topic of four partitions that is deleted afterwards.',
  metrics: [
    {
      key: 'residentMaxMb',
      title: 'highest resident memory',
      unit: 'MB',
      better: 'less',
      goals: [
        { of: 'ratio', bound: 'at most', limit: 0.3 },
        { of: 'worst', bound: 'at most', limit: RESIDENT_MAX_MB },
        { of: 'growth', bound: 'at most', limit: GROWTH_MAX },
      ],
    },
    { key: 'residentAfterMb', title: 'resident memory one second after', unit: 'MB', better: 'less' },
    { key: 'peakMb', title: 'highest since the start of the process', unit: 'MB', better: 'less' },
    { key: 'cpuPerMillion', title: 'broker CPU per million records', unit: 's', better: 'less' },
  ],
  open: async (context) => {
    const brokers = await Brokers.start(context);
    const records = RECORDS_PER_SECOND * context.scale.memorySeconds;
    const job = { payload: { bytes: RECORD_BYTES }, settings: ['acks=1'], perSecond: RECORDS_PER_SECOND, records };
    for (const { name } of context.sides) {
      await produceOnce(brokers.of(name), { topic: 'memory-warm', partitions: PARTITIONS }, job);
    }
    return {
      measure: async (name, round) => {
        const broker = brokers.of(name);
        const values = await produceOnce(broker, { topic: `memory-${round}`, partitions: PARTITIONS }, job);
        return { ...values, peakMb: memoryOf(broker.pid).peakBytes / 1e6 };
      },
      close: () => brokers.stop(),
    };
  },
};
