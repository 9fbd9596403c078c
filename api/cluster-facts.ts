/** What DC/OS's own paths tell of a cluster (DC/OS reference 6.4), as clients look for it. */
import type {HttpAnswer} from '../engine/index.ts';
import type {Cluster} from './cluster.ts';
import type {GatewayOptions} from './gateway-options.ts';

/** The DC/OS whose paths are kept; clients look at it for what they may ask. */
const DCOS_VERSION = '2.1.0';

const JSON_TYPE = {'Content-Type': 'application/json'} as const;

/** By path; undefined: none of them. */
export function clusterFact(
  path: string,
  cluster: Cluster,
  {clusterId, publicIp}: Pick<GatewayOptions, 'clusterId' | 'publicIp'>,
): HttpAnswer | undefined {
  const {self} = cluster;
  switch (path) {
    case '/':
      return ok({
        name: 'drydock',
        version: self.version,
        apis: {
          marathon: '/service/marathon/v2/apps',
          chronos: '/service/chronos/v1/scheduler/jobs',
          metronome: '/service/metronome/v1/jobs',
          mesos: '/mesos/state',
          health: '/system/health/v1',
          metrics: '/metrics/prometheus',
        },
      });
    case '/metadata':
      return ok({PUBLIC_IPV4: publicIp ?? self.ip ?? self.hostname, CLUSTER_ID: clusterId});
    case '/dcos-metadata/dcos-version.json':
      return ok({
        version: DCOS_VERSION,
        'dcos-image-commit': self.version,
        'bootstrap-id': self.version,
        'dcos-variant': 'open',
      });
    case '/pkgpanda/active.buildinfo.full.json':
      return ok({drydock: {name: 'drydock', version: self.version}});
    default:
      return dnsAnswer(path, cluster);
  }
}

/**
 * As Mesos-DNS answers over HTTP: the command line looks for masters there. Of others than the
 * leader nobody here knows.
 */
function dnsAnswer(path: string, {self, leader, isLeader}: Cluster): HttpAnswer | undefined {
  const name = /^\/mesos_dns\/v1\/hosts\/([^/]+?)\.?$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const host = `${name}.`;
  const own = self.ip ?? self.hostname;
  const leaders = isLeader ? [own] : leader === undefined ? [] : [leader.hostname];
  const kind = DNS_NAMES.get(name);
  const ips = kind === 'leader' ? leaders : kind === 'all' ? [...leaders, own] : [];
  const found = [...new Set(ips)].map((ip) => ({host, ip}));
  return ok(found.length === 0 ? [{host: '', ip: ''}] : found);
}

const DNS_NAMES = new Map<string, 'all' | 'leader'>([
  ['leader.mesos', 'leader'],
  ['marathon.mesos', 'leader'],
  ['master.mesos', 'all'],
]);

function ok(body: object): HttpAnswer {
  return {status: 200, headers: JSON_TYPE, body};
}
