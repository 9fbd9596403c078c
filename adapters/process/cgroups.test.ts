import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Cgroups, TaskCgroup} from './cgroups.ts';

const MIB = 1024 * 1024;

/** Files in folders stand for the kernel: what is written, and what is read. */
async function withFolder(
  t: ExecutionContext,
  keep: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-cgroups-'));
  try {
    await keep(folder);
    t.pass();
  } finally {
    await rm(folder, {recursive: true});
  }
}

const readAll = async (folder: string, names: readonly string[]): Promise<readonly string[]> =>
  Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));

test('version 1: shares, a quota where there is one, and memory', (t) =>
  withFolder(t, async (folder) => {
    const [cpu, memory] = [join(folder, 'cpu'), join(folder, 'memory')];
    const group = new TaskCgroup(
      1,
      new Map([
        ['cpu', cpu],
        ['memory', memory],
      ]),
    );
    group.make({cpus: 0.5, cpusMax: 1.5, memBytesMax: 100 * MIB});
    t.deepEqual(await readAll(cpu, ['cpu.shares', 'cpu.cfs_period_us', 'cpu.cfs_quota_us']), [
      '512',
      '100000',
      '150000',
    ]);
    t.deepEqual(await readAll(memory, ['memory.limit_in_bytes']), [`${100 * MIB}`]);
    t.deepEqual(group.joinedBy, [join(cpu, 'cgroup.procs'), join(memory, 'cgroup.procs')]);
    await writeFile(join(memory, 'memory.oom_control'), 'oom_kill_disable 0\noom_kill 2\n');
    t.true(group.isOutOfMemory);
  }));

test('version 2: weight, a maximum where there is one, and memory', (t) =>
  withFolder(t, async (folder) => {
    const group = new TaskCgroup(
      2,
      new Map([
        ['cpu', folder],
        ['memory', folder],
      ]),
    );
    group.make({cpus: 1, cpusMax: 0.25, memBytesMax: 1});
    t.deepEqual(await readAll(folder, ['cpu.weight', 'cpu.max', 'memory.max']), [
      '39',
      '25000 100000',
      // Less than that is not enough for anything.
      `${32 * MIB}`,
    ]);
    t.deepEqual(group.joinedBy, [join(folder, 'cgroup.procs')]);
    await writeFile(
      join(folder, 'cpu.stat'),
      'usage_usec 3\nuser_usec 2000000\nsystem_usec 500000\n',
    );
    await writeFile(join(folder, 'memory.stat'), 'anon 4096\nfile 7\n');
    t.deepEqual(group.usage(), {cpusUserSeconds: 2, cpusSystemSeconds: 0.5, memRssBytes: 4096});
    t.false(group.isOutOfMemory);
    await writeFile(join(folder, 'memory.events'), 'low 0\noom 1\noom_kill 1\n');
    t.true(group.isOutOfMemory);
    await writeFile(join(folder, 'memory.peak'), '8192\n');
    t.is(group.memBytesPeak, 8192);
  }));

test('without limits none are written', (t) =>
  withFolder(t, async (folder) => {
    const group = new TaskCgroup(2, new Map([['memory', folder]]));
    group.make({cpus: 1, cpusMax: undefined, memBytesMax: undefined});
    await t.throwsAsync(readAll(folder, ['memory.max']), {code: 'ENOENT'});
  }));

const mountLine = (path: string, type: string, options: string): string =>
  `30 20 0:1 / ${path} rw,relatime shared:1 - ${type} cgroup rw,${options}\n`;

for (const [title, text, why] of [
  ['no control groups', '', /the memory controller is not mounted; the cpu controller is not/],
  [
    'a folder that only looks like one',
    mountLine('FOLDER', 'cgroup', 'cpu,memory'),
    /FOLDER\/drydock\/a cannot be used: no control groups are made there/,
  ],
  [
    'version 2 that hands nothing on',
    mountLine('FOLDER/v2', 'cgroup2', 'nsdelegate'),
    /the memory controller is not mounted/,
  ],
  [
    'a place that cannot be written',
    mountLine('/proc/no-such-place', 'cgroup', 'cpu,memory'),
    /\/proc\/no-such-place\/drydock\/a cannot be used: ENOENT/,
  ],
] as const) {
  test(`where there is ${title}, nothing is limited, and it says why`, (t) =>
    withFolder(t, async (folder) => {
      await mkdir(join(folder, 'v2'));
      const mountInfo = join(folder, 'mountinfo');
      await writeFile(mountInfo, text.replaceAll('FOLDER', folder));
      const groups = Cgroups.find('a', mountInfo);
      const {cpu, memory, why: said = ''} = groups.isolation;
      t.deepEqual({cpu, memory}, {cpu: 'none', memory: 'none'});
      t.regex(said.replaceAll(folder, 'FOLDER'), why);
      const group = groups.open('task');
      group.make({cpus: 1, cpusMax: 1, memBytesMax: 1});
      t.deepEqual([group.joinedBy, group.processes(), group.usage()], [[], [], undefined]);
      t.true(await group.remove());
    }));
}
