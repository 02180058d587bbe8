import { aptInstall, output } from './tool.ts';

function isThere(): boolean {
  return output('etcd', ['--version']) !== undefined && output('etcdctl', ['version']) !== undefined;
}

/** The programs etcd and etcdctl, from Debian's packages; throws with the reason where they cannot be had. */
export function etcd(): { readonly etcd: string; readonly etcdctl: string } {
  if (!isThere()) {
    const failed = aptInstall(['etcd-server', 'etcd-client']);
    if (failed !== undefined) throw new Error(`no etcd: ${failed}`);
    if (!isThere()) throw new Error('no etcd: the packages etcd-server and etcd-client brought no program that runs');
  }
  return { etcd: 'etcd', etcdctl: 'etcdctl' };
}
