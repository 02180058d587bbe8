import { parseArgs } from 'node:util';
import { LAST } from './against/other-build.ts';
import { scales, type Scale } from './scale.ts';
import type { ClientWorkload } from './clients/client-workload.ts';
import { resultName, type Curve } from './curves/curve.ts';
import { curves } from './curves/curves.ts';
import type { Workload } from './workload.ts';
import { workloads } from './workloads.ts';
import { clientWorkloads } from './workloads/clients.ts';

export interface Options {
  readonly chosen: readonly (Workload | ClientWorkload | Curve)[];
  readonly scale: Scale;
  readonly rounds: number;
  /** Keep the raw data in the repository and write the document. */
  readonly publish: boolean;
  /** Kafka on both sides. */
  readonly noise: boolean;
  readonly profile: boolean;
  /** Only the document and its pictures, anew from the raw data that is kept. */
  readonly document: boolean;
  /** Given: nothing but this build against another one, which is named. */
  readonly against: string | undefined;
}

const ROUNDS = 3;
/** Chooses all workloads that compare clients. */
const CLIENTS = 'clients';
/** Chooses all curves. */
const CURVES = 'curves';
const all = [...workloads, ...clientWorkloads];

export const HELP = `npm run bench -- [options] [workload ...]

  --quick       less of everything, one round, ten to fifteen minutes; nothing is kept unless --publish is given
  --tiny        only to try the bench itself
  --rounds N    measurements of each side (${ROUNDS}; with --quick 1)
  --publish     keep raw data in bench/results and write docs/benchmarks.md (the default without --quick)
  --noise       Kafka against Kafka: how far equals differ here
  --against X   whether this build is slower than another of Posthorn: a directory with a build, a commit, or
                "${LAST}", the last release (the commit before, where there is none); fails above 15 percent
  --document    only write docs/benchmarks.md and its pictures anew from the raw data that is kept
  --profile     Posthorn alone under --cpu-prof: where its time goes

Workloads:
${all.map(({ name, title }) => `  ${name.padEnd(22)}${title}`).join('\n')}
  ${CLIENTS.padEnd(22)}all of the clients'
${curves.map((curve) => `  ${resultName(curve).padEnd(22)}${curve.title}`).join('\n')}
  ${CURVES.padEnd(22)}all curves; only when named
`;

/** Reads the command line; undefined when help is asked for. Throws with one sentence when it is wrong. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      tiny: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      publish: { type: 'boolean', default: false },
      noise: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      document: { type: 'boolean', default: false },
      against: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const rounds = Number(values.rounds ?? (values.quick || values.tiny ? 1 : ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a whole number, not ${values.rounds}`);
  const { quick, tiny, noise, profile } = values;
  const chosen = positionals.length === 0 ? all : positionals.flatMap((name) => workloadsNamed(name));
  const hasCurve = chosen.some((each) => 'sizes' in each);
  if ((noise || profile) && hasCurve) throw new Error('curves are neither for --noise nor for --profile');
  const isFull = !quick && !tiny && !noise && !profile && rounds >= ROUNDS;
  if (values.publish && (noise || profile || tiny)) throw new Error('--publish is for comparisons that mean something');
  return {
    chosen,
    scale: scales[tiny ? 'tiny' : quick || profile ? 'quick' : 'full'],
    rounds,
    publish: values.publish || isFull,
    noise,
    profile,
    document: values.document,
    against: values.against,
  };
}

function workloadsNamed(name: string): readonly (Workload | ClientWorkload | Curve)[] {
  if (name === CLIENTS) return clientWorkloads;
  if (name === CURVES) return curves;
  const curve = curves.find((each) => resultName(each) === name);
  if (curve !== undefined) return [curve];
  const found = all.find((workload) => workload.name === name);
  if (found !== undefined) return [found];
  const names = [...all.map((each) => each.name), CLIENTS, ...curves.map(resultName), CURVES];
  throw new Error(`no workload ${name}; there are ${names.join(', ')}`);
}
