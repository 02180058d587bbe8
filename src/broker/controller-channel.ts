import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import { E } from '../protocol/errors.ts';
import type { Api, Fields, Read, Write } from '../protocol/schema.ts';
import { envelope } from '../protocol/messages/058-envelope.ts';
import type { Clock, Timers } from '../runtime/clock.ts';
import { PeerFailure, type PeerRequest } from '../wire/peer-connection.ts';
import type { Peers } from '../wire/peers.ts';

/** Between two looks for a controller, or two attempts at one. */
const RETRY_MS = 50;
/** Requests under way to the controller; those beyond are refused as when time is up. */
const IN_FLIGHT_MAX = 1000;
const NO_BYTES = new Uint8Array(0);

/** Requests that only the controller decides: any other broker passes them on (KIP-590). */
const FORWARDED: ReadonlySet<number> = new Set([19, 20, 33, 37, 43, 44, 45, 49, 51, 57, 64]);

/** Whether a request is one that the controller alone can answer. */
export function isForControllerOnly(apiKey: number): boolean {
  return FORWARDED.has(apiKey);
}

export interface ControllerChannelParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly peers: Peers;
  readonly brokerId: number;
  readonly image: () => ClusterImage;
}

/** What came of a forwarded request: the controller's answer, this broker's own turn to answer, or nothing in time. */
export type Forwarded = { readonly answer: Uint8Array } | 'local' | 'timed out';

/**
 * The way of this broker's requests to whoever is the controller: looked up anew for each attempt, and tried again until
 * `request.timeout.ms` while there is none or it cannot be reached (NodeToControllerChannelManager).
 */
export class ControllerChannel {
  readonly #parts: ControllerChannelParts;
  #inFlight = 0;

  constructor(parts: ControllerChannelParts) {
    this.#parts = parts;
  }

  /** Passes on a client's request, header and body. `done` is never called from inside this call. */
  forward(request: Uint8Array, done: (forwarded: Forwarded) => void): void {
    const body = { requestData: request, requestPrincipal: null, clientHostAddress: NO_BYTES };
    this.#attempt({ api: envelope, version: 0, body }, (answer) => {
      if (answer === 'local' || answer === 'timed out') done(answer);
      else if (answer.responseData !== null && answer.errorCode === E.NONE.code) done({ answer: answer.responseData });
      else done('timed out');
    });
  }

  /** Asks the controller something itself; 'local' when this broker is the controller. */
  ask<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
  ): Promise<Read<Res> | 'local' | 'timed out'> {
    return new Promise((resolve) => this.#attempt({ api, version, body }, resolve));
  }

  #attempt<Req extends Fields, Res extends Fields>(
    question: Omit<PeerRequest<Req, Res>, 'timeoutMs'>,
    done: (answer: Read<Res> | 'local' | 'timed out') => void,
  ): void {
    const { config, clock, timers, peers, brokerId, image } = this.#parts;
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      timers.soon(() => done('timed out'));
      return;
    }
    this.#inFlight++;
    const finish = (answer: Read<Res> | 'local' | 'timed out'): void => {
      this.#inFlight--;
      done(answer);
    };
    const deadlineMs = clock.monotonicMs() + config.get('request.timeout.ms');
    const again = (): void => void timers.set(RETRY_MS, attempt);
    const attempt = (): void => {
      const leftMs = deadlineMs - clock.monotonicMs();
      const controller = image().controller?.brokerId;
      if (leftMs <= 0) finish('timed out');
      else if (controller === brokerId) finish('local');
      else if (controller === undefined) again();
      else {
        peers.send(controller, 'requests', { ...question, timeoutMs: leftMs }, (answer) => {
          if (answer instanceof PeerFailure || isDeposed(answer)) again();
          else finish(answer);
        });
      }
    };
    timers.soon(attempt);
  }
}

/** An envelope says whether it reached the controller; of everything else its content tells. */
function isDeposed(answer: object): boolean {
  return 'responseData' in answer && 'errorCode' in answer && answer.errorCode === E.NOT_CONTROLLER.code;
}
