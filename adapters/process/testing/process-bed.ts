/** One agent's part of this machine, for tests of the process executor. */
import {randomUUID} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutorBed} from '../../ports/testing/contract-agent.ts';
import type {OpenExecutor} from '../../ports/testing/remote-executor.ts';
import {ControlFolder} from '../control-folder.ts';
import {makeProcessExecutor, type ProcessExecutorOptions} from '../process-executor.ts';

/** What a bed's executors are opened with. */
export interface BedArgument {
  readonly folder: string;
  readonly settings: Partial<ProcessExecutorOptions>;
}

export function optionsFor({folder, settings}: BedArgument): ProcessExecutorOptions {
  return {
    controlDir: join(folder, 'control'),
    persistentRoot: join(folder, 'volumes'),
    cgroups: 'auto',
    cfsQuota: false,
    switchUser: true,
    ...settings,
  };
}

export const openExecutor: OpenExecutor = (argument, onNews) =>
  Promise.resolve(makeProcessExecutor(optionsFor(argument as BedArgument), onNews));

export interface ProcessBed extends ExecutorBed {
  readonly argument: BedArgument;
  readonly control: ControlFolder;
}

export async function makeProcessBed(
  settings: Partial<ProcessExecutorOptions> = {},
): Promise<ProcessBed> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-process-'));
  const argument = {folder, settings};
  const control = new ControlFolder(join(folder, 'control'));
  control.create();
  return {
    folder,
    terms: {},
    module: new URL(import.meta.url),
    argument,
    control,
    async leftovers() {
      const processes = await processesIn(folder);
      return [...control.keys(), ...processes.map(({line}) => line)];
    },
    async cleanUp() {
      const executor = makeProcessExecutor(optionsFor(argument), () => undefined);
      await executor.recover([]);
      await executor.close();
      // Its log keeper has no tasks and no parent any more, and goes at any moment.
      await rm(folder, {recursive: true, force: true, maxRetries: 50, retryDelay: 20});
    },
  };
}

/** A folder that users other than root can get to. */
export async function makeSandbox(folder: string): Promise<string> {
  const path = join(folder, `sandbox-${randomUUID()}`);
  await mkdir(path, {mode: 0o755});
  return path;
}

/** Processes of tasks: what works in the folder, or has it in its environment. */
export async function processesIn(
  folder: string,
): Promise<readonly {readonly pid: number; readonly line: string}[]> {
  const found: {pid: number; line: string}[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/environ`)) continue;
    try {
      const environment = await readFile(`/proc/${name}/environ`, 'latin1');
      const line = (await readFile(`/proc/${name}/cmdline`, 'latin1')).replaceAll('\0', ' ');
      if (environment.includes(`MESOS_SANDBOX=${folder}`)) found.push({pid: Number(name), line});
    } catch (error) {
      // It has ended while it was looked at, or is none of ours.
      const {code} = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EACCES') throw error;
    }
  }
  return found;
}
