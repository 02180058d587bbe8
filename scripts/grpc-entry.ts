import * as grpc from '@grpc/grpc-js';
import * as protoLoader from '@grpc/proto-loader';

/** What speaking to etcd takes, in a file of its own: only a cluster over etcd loads it. */
export const packages: readonly unknown[] = [grpc, protoLoader];
