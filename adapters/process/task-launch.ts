/** From what a task wants to the supervisor that starts it. */
import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, openSync, readFileSync} from 'node:fs';
import {chown} from 'node:fs/promises';
import {join} from 'node:path';
import type {ExecutorTask} from '../ports/executor.ts';
import type {UnixAccount} from '../ports/unix-account.ts';
import type {CgroupLimits, TaskCgroup} from './cgroups.ts';
import {commandLine, environmentOf} from './command-line.ts';
import {type ControlFolder, keyOf} from './control-folder.ts';
import {removeLeftover} from './remove-leftover.ts';
import {supervisorScript} from './supervisor-script.ts';
import {ownAccount, taskAccount} from './task-account.ts';
import type {TaskHost} from './task-host.ts';
import {DEFAULT_PATH} from './tools.ts';
import {linkVolumes} from './volume-links.ts';

/**
 * Makes all that its supervisor needs.
 *
 * @param argv undefined: what runs would be an image's to say.
 * @throws if it cannot be run here; the message is for people.
 */
export async function prepareTask(
  {spec, sandbox}: ExecutorTask,
  argv: readonly string[] | undefined,
  cgroup: TaskCgroup,
  host: TaskHost,
): Promise<void> {
  const {control, settings, tools} = host;
  if (spec.container !== undefined || argv === undefined) {
    const {image = ''} = spec.container ?? {};
    throw new Error(`this agent runs plain processes only, not the image '${image}'`);
  }
  const key = keyOf(spec.taskId);
  const account = await taskAccount(spec.user, settings.switchUser);
  if (account !== undefined) await chown(sandbox, account.uid, account.gid);
  // Of a task of this name that nobody has taken over.
  if (control.hasTask(key)) await removeLeftover(key, host);
  const {persistentRoot} = settings;
  await linkVolumes(spec.volumes, {sandbox, account, persistentRoot});
  const env = taskEnvironment({spec, sandbox}, account);
  const line = commandLine({argv, env, account, tty: spec.tty}, tools);
  makeCgroup(cgroup, limitsOf(spec, settings.cfsQuota));
  const script = supervisorScript({
    folder: control.taskFolder(key),
    events: join(control.events, key),
    ...{sandbox, mkfifo: tools.mkfifo, setsid: tools.setsid},
    joins: cgroup.joinedBy,
    argv: line,
  });
  const {logBytesMax: bytesMax, logFilesMax: asideMax} = settings;
  control.write(key, script, {sandbox, bytesMax, asideMax});
}

function limitsOf({cpus, memMiB, limits}: ExecutorTask['spec'], cfsQuota: boolean): CgroupLimits {
  const capped = cfsQuota ? cpus : null;
  const cpusMax = limits.cpus === undefined ? capped : limits.cpus;
  const memMiBMax = limits.memMiB === undefined ? memMiB : limits.memMiB;
  return {
    cpus,
    cpusMax: cpusMax ?? undefined,
    memBytesMax: memMiBMax === null ? undefined : Math.round(memMiBMax * 1024 * 1024),
  };
}

function makeCgroup(group: TaskCgroup, limits: CgroupLimits): void {
  try {
    group.make(limits);
  } catch (error) {
    const {message} = error as Error;
    throw new Error(`its control group cannot be made: ${message}`, {cause: error});
  }
}

/** @param account undefined: it runs as the agent does. */
export function taskEnvironment(
  {spec, sandbox}: ExecutorTask,
  account: UnixAccount | undefined,
): Readonly<Record<string, string>> {
  return environmentOf(spec.env, {sandbox, account: account ?? ownAccount()});
}

/** It goes on when this process ends. */
export function spawnSupervisor(key: string, control: ControlFolder): ChildProcess {
  const trouble = openSync(troubleFile(key, control), 'a', 0o600);
  const child = spawn('/bin/sh', [control.scriptOf(key)], {
    cwd: '/',
    env: {PATH: DEFAULT_PATH, LC_ALL: 'C'},
    detached: true,
    stdio: ['ignore', 'ignore', trouble],
  });
  closeSync(trouble);
  child.unref();
  return child;
}

/** What a supervisor had to complain of; empty: nothing. */
export function readTrouble(key: string, control: ControlFolder): string {
  return readFileSync(troubleFile(key, control), 'utf8').trim();
}

function troubleFile(key: string, control: ControlFolder): string {
  return join(control.taskFolder(key), 'trouble');
}
