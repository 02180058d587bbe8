import type { BrokerConfig } from '../../config/broker-config.ts';
import type { TransactionCoordinatorConfig } from '../../coordinator/txn/transaction-config.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';

/** The settings of transactions, read anew at each use so that changes at run time count at once. */
export function transactionSettings(config: BrokerConfig, image: () => ClusterImage): TransactionCoordinatorConfig {
  return {
    get transactionMaxTimeoutMs() {
      return config.get('transaction.max.timeout.ms');
    },
    get abortTimedOutIntervalMs() {
      return config.get('transaction.abort.timed.out.transaction.cleanup.interval.ms');
    },
    get transactionalIdExpirationMs() {
      return config.get('transactional.id.expiration.ms');
    },
    get removeExpiredIntervalMs() {
      return config.get('transaction.remove.expired.transaction.cleanup.interval.ms');
    },
    get commitTimeoutMs() {
      return config.get('request.timeout.ms');
    },
    get transactionVersion() {
      return image().features.get('transaction.version') ?? 0;
    },
  };
}
