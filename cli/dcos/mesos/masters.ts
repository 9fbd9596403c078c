/** All masters of the cluster, as its DNS lists them. */
import type {Context} from '../context.ts';
import {ApiFailure} from '../http/api-failure.ts';

export interface MasterHost {
  readonly host: string;
  readonly ip: string;
}

/** Nothing where the cluster has no such list: then only the leader can be known. */
export async function mastersOf({dcos}: Context): Promise<readonly MasterHost[]> {
  try {
    const hosts = await dcos.get<readonly Partial<MasterHost>[]>(
      '/mesos_dns/v1/hosts/master.mesos',
    );
    return hosts.flatMap(({host = '', ip = ''}) => (ip === '' ? [] : [{host, ip}]));
  } catch (error) {
    if (error instanceof ApiFailure && error.status !== 401) return [];
    throw error;
  }
}
