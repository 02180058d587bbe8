import { errorOf } from '../../protocol/errors.ts';
import { initProducerId } from '../../protocol/messages/022-init-producer-id.ts';
import { asKafkaError, brokerError, type KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { retried } from '../retry.ts';
import type { Idempotence } from './idempotence.ts';

/** Gets an idempotent producer its id when one is needed. A transactional one has its own from the coordinator. */
export class ProducerIds {
  readonly #cluster: Cluster;
  readonly #idempotence: Idempotence;
  #isAsking = false;

  constructor(cluster: Cluster, idempotence: Idempotence) {
    this.#cluster = cluster;
    this.#idempotence = idempotence;
  }

  /**
   * @param done called when there is an id, or when asking is to begin again.
   * @param refused called with what no repetition can mend.
   */
  ask(done: () => void, refused: (error: KafkaError) => void): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    void this.#ask()
      .catch((error: unknown) => {
        const reason = asKafkaError(error, 'a producer id');
        if (!reason.retriable) refused(reason);
      })
      .finally(() => {
        this.#isAsking = false;
        done();
      });
  }

  async #ask(): Promise<void> {
    const { settings } = this.#cluster;
    const about = 'a producer id';
    await retried(this.#cluster, { about, timeoutMs: settings.requestTimeoutMs }, async () => {
      const connection = await this.#cluster.anyBroker();
      const answer = await connection.request(initProducerId, connection.versionFor(initProducerId), {
        transactionalId: null,
        transactionTimeoutMs: NO_TRANSACTION_TIMEOUT,
      });
      if (answer.errorCode !== 0) throw brokerError(errorOf(answer.errorCode), about);
      this.#idempotence.adopt(answer.producerId, answer.producerEpoch);
      this.#idempotence.restartNoted();
    });
  }
}

/** As Kafka's producer sends it without transactions: Integer.MAX_VALUE. */
const NO_TRANSACTION_TIMEOUT = 0x7fff_ffff;
