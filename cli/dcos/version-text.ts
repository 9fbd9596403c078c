/** The lines of `dcos --version`: those of DC/OS, N/A where the cluster does not answer. */
import {readVersion} from '../version.ts';
import {Settings} from './config/settings.ts';
import {Failure} from './failure.ts';
import type {Verbosity, World} from './world.ts';

interface ClusterVersion {
  readonly version?: string;
  readonly 'dcos-image-commit'?: string;
  readonly 'bootstrap-id'?: string;
  readonly 'dcos-variant'?: string;
}

/** Who asks for the version does not want to wait for a cluster that is away. */
const TIMEOUT_MS = 3000;

export async function versionText(world: World, verbosity: Verbosity): Promise<string> {
  const cluster = await clusterVersion(world, verbosity);
  return [
    `dcoscli.version=${readVersion()}`,
    `dcos.version=${cluster.version ?? 'N/A'}`,
    `dcos.variant=${cluster['dcos-variant'] ?? 'N/A'}`,
    `dcos.commit=${cluster['dcos-image-commit'] ?? 'N/A'}`,
    `dcos.bootstrap-id=${cluster['bootstrap-id'] ?? 'N/A'}`,
    '',
  ].join('\n');
}

async function clusterVersion(world: World, verbosity: Verbosity): Promise<ClusterVersion> {
  try {
    const settings = new Settings(world);
    // Where no cluster was ever set up, none is asked.
    if (settings.isUrlGuessed) return {};
    const {makeClient} = await import('./http/make-client.ts');
    const {Service} = await import('./http/service.ts');
    const client = makeClient(world, settings, verbosity);
    const cluster = new Service(client, settings.url, () => false);
    const path = '/dcos-metadata/dcos-version.json';
    return await cluster.get<ClusterVersion>(path, {}, TIMEOUT_MS);
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}
