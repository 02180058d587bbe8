import type * as grpcModule from '@grpc/grpc-js';
import type * as protoLoaderModule from '@grpc/proto-loader';
import { assert } from '../../base/assert.ts';
import { lazyBundledPackages } from '../../runtime/packages.ts';
import { ETCD_PACKAGE, etcdDescriptor, type EtcdMethod } from './etcd-api.ts';

export type Grpc = typeof grpcModule;

const packages = lazyBundledPackages('grpc.cjs', ['@grpc/grpc-js', '@grpc/proto-loader']);

/** The gRPC library, loaded at first use. */
export function grpc(): Grpc {
  return packages()[0] as Grpc;
}

/** One call of etcd's API: where it is, and how its messages are written and read. */
export interface MethodCodec {
  readonly path: string;
  requestSerialize(message: object): Buffer;
  responseDeserialize(bytes: Buffer): object;
}

let definition: protoLoaderModule.PackageDefinition | undefined;

export function methodCodec(method: EtcdMethod): MethodCodec {
  const protoLoader = packages()[1] as typeof protoLoaderModule;
  const options = { keepCase: true, longs: String, defaults: true, arrays: true, oneofs: false };
  definition ??= protoLoader.fromJSON(etcdDescriptor(), options);
  const [service, call] = method.split('.') as [string, string];
  const codec = (definition[`${ETCD_PACKAGE}.${service}`] as Record<string, unknown> | undefined)?.[call];
  assert(codec !== undefined, `no call ${method} in the description of etcd`);
  return codec as MethodCodec;
}
