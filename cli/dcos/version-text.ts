/** The lines of `dcos --version`: those of DC/OS, N/A where the cluster does not answer. */
import {readVersion} from '../version.ts';
import type {Context} from './context.ts';
import {Failure} from './failure.ts';

interface ClusterVersion {
  readonly version?: string;
  readonly 'dcos-image-commit'?: string;
  readonly 'bootstrap-id'?: string;
  readonly 'dcos-variant'?: string;
}

/** Who asks for the version does not want to wait for a cluster that is away. */
const TIMEOUT_MS = 3000;

export async function versionText(context: Context): Promise<string> {
  const cluster = await clusterVersion(context);
  return [
    `dcoscli.version=${readVersion()}`,
    `dcos.version=${cluster.version ?? 'N/A'}`,
    `dcos.variant=${cluster['dcos-variant'] ?? 'N/A'}`,
    `dcos.commit=${cluster['dcos-image-commit'] ?? 'N/A'}`,
    `dcos.bootstrap-id=${cluster['bootstrap-id'] ?? 'N/A'}`,
    '',
  ].join('\n');
}

async function clusterVersion(context: Context): Promise<ClusterVersion> {
  try {
    // Where no cluster was ever set up, none is asked.
    if (context.settings.isUrlGuessed) return {};
    const path = '/dcos-metadata/dcos-version.json';
    return await context.dcos.get<ClusterVersion>(path, {}, TIMEOUT_MS);
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}
