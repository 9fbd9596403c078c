/**
 * Limits of memory and processor time by Linux's control groups, of either version. What this
 * machine, or this user, cannot do is found out at the start and said.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import type {TaskUsage} from '../ports/executor.ts';
import {processState, send, TICKS_PER_SECOND} from './proc.ts';

/** What tasks are kept to. */
export interface Isolation {
  readonly cpu: 'cgroup' | 'none';
  readonly memory: 'cgroup' | 'none';
  /** Why not both, for people. */
  readonly why?: string | undefined;
}

export interface CgroupLimits {
  /** In relation to others, when processors are short; in cores. */
  readonly cpus: number;
  /** The most that it may have; undefined: all that is idle. */
  readonly cpusMax: number | undefined;
  /** Undefined: no limit. */
  readonly memBytesMax: number | undefined;
}

type Controller = 'cpu' | 'cpuacct' | 'memory';

/** Where this process finds what is mounted. */
const MOUNT_INFO = '/proc/self/mountinfo';

/** The tree of groups of one agent. */
export class Cgroups {
  readonly isolation: Isolation;
  /** The agent's folder for each controller that can be used; the same one in version 2. */
  readonly #roots = new Map<Controller, string>();
  readonly #version: 1 | 2;

  /** Undefined: nothing can be used, and this is why. */
  private constructor(mounts: Mounts | undefined, path: string, none: string) {
    this.#version = mounts?.version ?? 1;
    const faults = new Map<Controller, string>();
    for (const controller of ['memory', 'cpu', 'cpuacct'] as const) {
      const mount = mounts?.folders.get(controller);
      const missing = mounts === undefined ? none : `the ${controller} controller is not mounted`;
      const fault = mount === undefined ? missing : this.#use(controller, mount, path);
      if (fault !== undefined) faults.set(controller, fault);
    }
    const reasons = new Set([faults.get('memory'), faults.get('cpu')].flatMap((why) => why ?? []));
    this.isolation = {
      cpu: this.#roots.has('cpu') ? 'cgroup' : 'none',
      memory: this.#roots.has('memory') ? 'cgroup' : 'none',
      ...(reasons.size === 0 ? {} : {why: [...reasons].join('; ')}),
    };
  }

  /** Of the agent of this name: its part of the tree is `drydock/NAME`. */
  static find(name: string, mountInfo = MOUNT_INFO): Cgroups {
    return new Cgroups(findMounts(readFileSync(mountInfo, 'utf8')), join('drydock', name), '');
  }

  static none(why: string): Cgroups {
    return new Cgroups(undefined, '', why);
  }

  /** Makes the agent's folder; otherwise says why it cannot be used. */
  #use(controller: Controller, mount: string, path: string): string | undefined {
    const folder = join(mount, path);
    try {
      if (this.#version === 2) enable(mount, path, controller);
      else makeFolders(folder, OWN_LEVELS);
      // That it is there says nothing: it may be somebody else's.
      if (controller !== 'cpuacct') tryWriting(folder, this.#version);
    } catch (error) {
      return `${folder} cannot be used: ${(error as Error).message}`;
    }
    this.#roots.set(controller, folder);
    return undefined;
  }

  /** That of a task, which may not be made so far, or be gone. */
  open(key: string): TaskCgroup {
    const folders = new Map(
      [...this.#roots].map(([controller, root]) => [controller, join(root, key)] as const),
    );
    return new TaskCgroup(this.#version, folders);
  }

  /** All tasks of which there are groups. */
  keys(): readonly string[] {
    const keys = new Set<string>();
    for (const root of this.#roots.values()) {
      // It goes with the last task, and comes back with the next.
      for (const entry of existsSync(root) ? readdirSync(root, {withFileTypes: true}) : []) {
        if (entry.isDirectory() && entry.name !== PROBE) keys.add(entry.name);
      }
    }
    return [...keys].sort();
  }

  /** The agent's own folders, when it has no tasks any more. */
  removeAll(): void {
    for (const root of new Set(this.#roots.values())) {
      // What all agents share goes with the last of them.
      if (removeFolder(root)) removeEmpty(dirname(root));
    }
  }
}

const PROBE = 'probe';

/** Shares of a whole core; Docker's and Mesos's. */
const SHARES_PER_CPU = 1024;
const SHARES_MIN = 2;
const SHARES_MAX = 262_144;
/** Of the budget of processor time, in microseconds. */
const PERIOD = 100_000;
const QUOTA_MIN = 1000;
/** Mesos's: below it hardly anything starts. */
const MEM_BYTES_MIN = 32 * 1024 * 1024;

/** One task's group, in each hierarchy. */
export class TaskCgroup {
  readonly #version: 1 | 2;
  readonly #folders: ReadonlyMap<Controller, string>;

  constructor(version: 1 | 2, folders: ReadonlyMap<Controller, string>) {
    this.#version = version;
    this.#folders = folders;
  }

  /** Files that a process writes `0` into to join it. */
  get joinedBy(): readonly string[] {
    return [...new Set(this.#folders.values())].map((folder) => join(folder, 'cgroup.procs'));
  }

  /** @throws if it cannot be made as it is wanted. */
  make({cpus, cpusMax, memBytesMax}: CgroupLimits): void {
    for (const folder of this.#folders.values()) makeFolders(folder, OWN_LEVELS + 1);
    const cpu = this.#folders.get('cpu');
    const shares = Math.min(SHARES_MAX, Math.max(SHARES_MIN, Math.round(cpus * SHARES_PER_CPU)));
    const quota =
      cpusMax === undefined ? undefined : Math.max(QUOTA_MIN, Math.round(cpusMax * PERIOD));
    if (cpu !== undefined && this.#version === 1) {
      write(cpu, 'cpu.shares', `${shares}`);
      if (quota !== undefined) {
        write(cpu, 'cpu.cfs_period_us', `${PERIOD}`);
        write(cpu, 'cpu.cfs_quota_us', `${quota}`);
      }
    } else if (cpu !== undefined) {
      write(cpu, 'cpu.weight', `${weightOf(shares)}`);
      if (quota !== undefined) write(cpu, 'cpu.max', `${quota} ${PERIOD}`);
    }
    const memory = this.#folders.get('memory');
    if (memory === undefined || memBytesMax === undefined) return;
    const bytes = Math.max(MEM_BYTES_MIN, memBytesMax);
    write(memory, this.#version === 1 ? 'memory.limit_in_bytes' : 'memory.max', `${bytes}`);
  }

  processes(): readonly number[] {
    const [path] = this.joinedBy;
    const text = path === undefined ? undefined : readIfThere(path);
    return (text ?? '').split('\n').flatMap((line) => (line === '' ? [] : Number(line)));
  }

  /** Whether the kernel had to end a process of it for want of memory. */
  get isOutOfMemory(): boolean {
    const file = this.#version === 1 ? 'memory.oom_control' : 'memory.events';
    return (numbersIn(this.#read('memory', file)).get('oom_kill') ?? 0) > 0;
  }

  /** Undefined: nobody counted. */
  get memBytesPeak(): number | undefined {
    const file = this.#version === 1 ? 'memory.max_usage_in_bytes' : 'memory.peak';
    const text = this.#read('memory', file);
    return text === undefined ? undefined : Number(text);
  }

  /** Undefined: not all of it is counted here. */
  usage(): TaskUsage | undefined {
    const memory = numbersIn(this.#read('memory', 'memory.stat'));
    if (this.#version === 2) {
      const cpu = numbersIn(this.#read('cpu', 'cpu.stat'));
      const [user, system] = [cpu.get('user_usec'), cpu.get('system_usec')];
      const anonymous = memory.get('anon');
      if (user === undefined || system === undefined || anonymous === undefined) return undefined;
      return {
        cpusUserSeconds: user / 1e6,
        cpusSystemSeconds: system / 1e6,
        memRssBytes: anonymous,
      };
    }
    const cpu = numbersIn(this.#read('cpuacct', 'cpuacct.stat'));
    const [user, system, rss] = [cpu.get('user'), cpu.get('system'), memory.get('total_rss')];
    if (user === undefined || system === undefined || rss === undefined) return undefined;
    return {
      cpusUserSeconds: user / TICKS_PER_SECOND,
      cpusSystemSeconds: system / TICKS_PER_SECOND,
      memRssBytes: rss,
    };
  }

  #read(controller: Controller, file: string): string | undefined {
    const folder = this.#folders.get(controller);
    return folder === undefined ? undefined : readIfThere(join(folder, file));
  }

  /** Asks those that have left the group of this leader: what it started as daemons, say. */
  signalOutside(leader: number, name: NodeJS.Signals): void {
    for (const pid of this.processes()) {
      if (processState(pid)?.group !== leader) send(pid, name);
    }
  }

  killAll(): void {
    for (const pid of this.processes()) send(pid, 'SIGKILL');
  }

  /** Ends what is still in it. False: something would not end, and so the group stays. */
  async remove(): Promise<boolean> {
    for (let round = 0; round < REMOVAL_ROUNDS; round += 1) {
      this.killAll();
      const left = [...new Set(this.#folders.values())].filter((folder) => !removeFolder(folder));
      if (left.length === 0) return true;
      await delay(REMOVAL_PAUSE_MS);
    }
    return false;
  }
}

/** Processes that were killed stay in their group until the kernel has cleared them away. */
const REMOVAL_ROUNDS = 100;
const REMOVAL_PAUSE_MS = 20;

/** As the kernel's documentation and runc turn shares into weights. */
function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - SHARES_MIN) * 9999) / (SHARES_MAX - SHARES_MIN));
}

interface Mounts {
  readonly version: 1 | 2;
  readonly folders: ReadonlyMap<Controller, string>;
}

/** Where the controllers are. Those of version 1 come first: on mixed machines they have them. */
function findMounts(mountInfo: string): Mounts {
  const first = new Map<Controller, string>();
  let unified: string | undefined;
  for (const line of mountInfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const path = (before.split(' ')[4] ?? '').replaceAll('\\040', ' ');
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') unified ??= path;
    if (type !== 'cgroup') continue;
    for (const controller of ['cpu', 'cpuacct', 'memory'] as const) {
      if (options.split(',').includes(controller)) first.set(controller, path);
    }
  }
  if (first.size > 0 || unified === undefined) return {version: 1, folders: first};
  const known = (readIfThere(join(unified, 'cgroup.controllers')) ?? '').trim().split(' ');
  const folders = new Map<Controller, string>();
  for (const controller of ['cpu', 'memory'] as const) {
    if (known.includes(controller)) folders.set(controller, unified);
  }
  return {version: 2, folders};
}

/** In version 2 each level hands a controller on to the next. */
function enable(mount: string, path: string, controller: Controller): void {
  let folder = mount;
  for (const part of path.split('/')) {
    write(folder, 'cgroup.subtree_control', `+${controller}`);
    folder = join(folder, part);
    makeFolders(folder, 1);
  }
  write(folder, 'cgroup.subtree_control', `+${controller}`);
}

/** Of an agent's folder, below where the controller is mounted: `drydock/NAME`. */
const OWN_LEVELS = 2;

/**
 * Makes so many of its last folders, where they are not there. Node.js's own way to do that never
 * ends in file systems of the kernel which say that there is no such folder as the one to be made.
 */
function makeFolders(folder: string, levels: number): void {
  if (levels > 1) makeFolders(dirname(folder), levels - 1);
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Makes a group with a limit and removes it again. */
function tryWriting(folder: string, version: 1 | 2): void {
  const probe = join(folder, PROBE);
  makeFolders(probe, 1);
  try {
    const procs = join(probe, 'cgroup.procs');
    if (!existsSync(procs)) throw new Error('no control groups are made there');
    if ((statSync(procs).mode & 0o200) === 0) throw new Error(`${procs} cannot be written`);
    const [name = ''] = ['memory.limit_in_bytes', 'cpu.shares', 'memory.max', 'cpu.weight'].filter(
      (file) => existsSync(join(probe, file)),
    );
    const value = readIfThere(join(probe, name)) ?? '';
    write(probe, name, version === 1 && name.startsWith('memory') ? '-1' : value.trim());
  } finally {
    removeFolder(probe);
  }
}

function write(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

/** False: it is in use. Gone is as good as removed. */
function removeFolder(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, {withFileTypes: true})) {
      // Tasks may make groups below their own.
      if (entry.isDirectory() && !removeFolder(join(folder, entry.name))) return false;
    }
  } catch (error) {
    if (isGone(error)) return true;
    throw error;
  }
  return removeEmpty(folder);
}

function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EBUSY' || code === 'ENOTEMPTY') return false;
    if (isGone(error)) return true;
    throw error;
  }
}

function numbersIn(text: string | undefined): ReadonlyMap<string, number> {
  const pairs = (text ?? '').split('\n').map((line) => line.split(' '));
  return new Map(pairs.map(([name = '', value]) => [name, Number(value)]));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'ENODEV';
}
