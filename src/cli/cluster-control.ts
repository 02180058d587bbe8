import type { HttpAnswer } from '../runtime/node-http.ts';
import { WrongMemberState, type LocalCluster } from '../testing/local-cluster.ts';

/** What can be done to one broker of the process, by the names of `posthorn brokers`. */
export const MEMBER_ACTIONS = ['start', 'stop', 'kill', 'pause', 'resume'] as const;
export type MemberAction = (typeof MEMBER_ACTIONS)[number];

/** One broker as `posthorn brokers` tells it. */
export interface MemberReport {
  readonly id: number;
  readonly state: string;
  readonly address: string | null;
}

/** Answers the questions of `posthorn brokers`: `/TOKEN` lists, `/TOKEN/2/kill` does; undefined for any other path. */
export function clusterControl(cluster: LocalCluster, token: string): (path: string) => HttpAnswer | undefined {
  return (path) => {
    const [, given, id, action, ...rest] = path.split('/');
    if (given !== token || rest.length > 0) return undefined;
    if (id === undefined) return { status: 200, body: report(cluster) };
    if (!isAction(action)) return undefined;
    try {
      act(cluster, Number(id), action);
      return { status: 200, body: report(cluster) };
    } catch (error) {
      if (!(error instanceof WrongMemberState)) throw error;
      return { status: 409, body: { error: error.message } };
    }
  };
}

/** Starting and stopping take a while: the listing tells how far they are. */
function act(cluster: LocalCluster, id: number, action: MemberAction): void {
  switch (action) {
    case 'start':
    case 'stop':
      cluster[action](id).catch((error: unknown) => cluster.report(id, String(error)));
      return;
    case 'kill':
    case 'pause':
    case 'resume':
      cluster[action](id);
      return;
    default:
      action satisfies never;
  }
}

function isAction(action: string | undefined): action is MemberAction {
  return MEMBER_ACTIONS.some((known) => known === action);
}

function report(cluster: LocalCluster): MemberReport[] {
  return cluster.ids.map((id) => ({ id, state: cluster.stateOf(id), address: cluster.addressOf(id) }));
}
