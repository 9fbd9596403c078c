/**
 * The groups of commands, each in a module that is loaded only when it is asked for: `dcos` is run
 * often, and most of what it can do is not needed in any one run.
 */
import type {Command} from 'commander';
import type {Context} from './context.ts';

export interface Group {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<(context: Context) => Command>;
  /** Left out of the list of commands. */
  readonly isHidden?: true;
}

export const GROUPS: readonly Group[] = [
  {
    name: 'cluster',
    summary: 'Choose the cluster to work with: set up, list, attach.',
    load: async () => (await import('./commands/cluster.ts')).makeClusterGroup,
  },
  {
    name: 'auth',
    summary: 'Keep the token that the cluster asks for.',
    load: async () => (await import('./commands/auth.ts')).makeAuthGroup,
  },
  {
    name: 'config',
    summary: 'Show and change the configuration of this command.',
    load: async () => (await import('./commands/config.ts')).makeConfigGroup,
  },
  {
    name: 'marathon',
    summary: 'Run services that are to stay up: add, update, scale, watch, debug.',
    load: async () => (await import('./commands/marathon.ts')).makeMarathonGroup,
  },
  {
    name: 'job',
    summary: 'Run jobs that end: now, or on a schedule.',
    load: async () => (await import('./commands/job.ts')).makeJobGroup,
  },
  {
    name: 'task',
    summary: 'Look into what runs: list, read logs and files, run a command inside.',
    load: async () => (await import('./commands/task.ts')).makeTaskGroup,
  },
  {
    name: 'node',
    summary: 'Look at the machines of the cluster.',
    load: async () => (await import('./commands/node.ts')).makeNodeGroup,
  },
  {
    name: 'service',
    summary: 'Look at the frameworks that schedule tasks, and tear them down.',
    load: async () => (await import('./commands/service.ts')).makeServiceGroup,
  },
  {
    name: 'completion',
    summary: 'Print a script that completes `dcos` in your shell.',
    load: async () => (await import('./commands/completion.ts')).makeCompletionCommand,
  },
  {
    name: 'completion-server',
    summary: 'Answer the completion scripts.',
    load: async () => (await import('./commands/completion.ts')).makeCompletionServer,
    isHidden: true,
  },
];

/** Groups of DC/OS that are not there, and why. */
export const MISSING_GROUPS: ReadonlyMap<string, string> = new Map([
  ['diagnostics', 'Bundles of diagnostics are not collected yet; see `dcos node list`.'],
  ['license', 'There is no license to keep.'],
  ['package', 'Packages cannot be installed yet; apps can: `dcos marathon app add FILE`.'],
  ['plugin', 'This command takes no plugins: all its commands are built in.'],
  ['quota', 'Quotas cannot be set from here yet.'],
  ['security', 'Users and permissions are not there yet; see `dcos auth login --help`.'],
]);
