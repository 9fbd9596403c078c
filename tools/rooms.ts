// The dependency rule of docs/architecture.md: which room may import which.
import {posix} from 'node:path';
import type {ImportRef, SourceFile} from './source.ts';

export type Offence = {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
};

type Room = {
  readonly rooms: readonly string[];
  /** npm packages and `node:` modules the room may use; `undefined` means any. */
  readonly packages?: readonly string[];
};

/** Tests and tools are missing on purpose: nobody imports them. */
const rooms: ReadonlyMap<string, Room> = new Map<string, Room>([
  ['engine', {rooms: [], packages: ['@datastructures-js/priority-queue']}],
  ['adapters', {rooms: ['engine']}],
  ['sim', {rooms: ['engine']}],
  ['api', {rooms: ['engine']}],
  ['server', {rooms: ['engine', 'adapters', 'sim', 'api']}],
  ['cli', {rooms: ['engine', 'sim', 'api', 'server', 'bench', 'conformance', 'ui']}],
  ['ui', {rooms: []}],
  ['bench', {rooms: ['engine', 'adapters', 'sim', 'api', 'server']}],
  ['conformance', {rooms: ['engine', 'adapters', 'sim', 'api', 'server']}],
  ['scripts', {rooms: ['sim', 'server']}],
  ['tools', {rooms: []}],
  ['test', {rooms: ['engine', 'adapters', 'sim', 'api', 'server', 'cli', 'ui', 'bench']}],
]);

/** The virtual world reads no files but in these; its other code gets data. */
const simIo = /^sim\/(traces\/read-[^/]+|scenario\/load[^/]*|(.+\/)?[^/]+\.io)\.ts$/;
const nodeModulesInSim = new Set(['node:crypto', 'node:util']);

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}

/** What tests share; no part of the package (tsconfig.build.json). */
function isTestSupport(path: string): boolean {
  return path.includes('/testing/');
}

export function isSimIo(path: string): boolean {
  return simIo.test(path);
}

/** Every import that the rule refuses, and every cycle. */
export function findImportOffences(files: readonly SourceFile[]): readonly Offence[] {
  const offences: Offence[] = [];
  for (const file of files) {
    for (const ref of file.imports) {
      const found = judge(file.path, ref);
      if (found === undefined) continue;
      offences.push({path: file.path, line: ref.line, rule: found[0], message: found[1]});
    }
  }
  return [...offences, ...findCycles(files)];
}

/** Tests, and what of the virtual world reads the real one: both are given the real zones. */
function mayUseAdapters(path: string): boolean {
  return isTest(path) || isSimIo(path);
}

type Verdict = readonly [rule: string, message: string] | undefined;

function judge(path: string, ref: ImportRef): Verdict {
  if (ref.reexports && path !== 'engine/index.ts') {
    return ['barrel', `re-exports ${ref.specifier}; only engine/index.ts may`];
  }
  if (!ref.specifier.startsWith('.')) return judgePackage(path, ref.specifier);
  return judgeEnding(path, ref.specifier) ?? judgeRelative(path, ref.specifier);
}

function judgeEnding(path: string, specifier: string): Verdict {
  const wanted = path.endsWith('.ts') ? ['.ts', '.json'] : ['.mjs', '.js', '.json'];
  if (wanted.some((ending) => specifier.endsWith(ending))) return undefined;
  return ['ending', `import ${specifier} must end in ${wanted[0]}`];
}

function judgePackage(path: string, specifier: string): Verdict {
  if (specifier.startsWith('#') || specifier === 'drydock' || specifier.startsWith('drydock/')) {
    return ['alias', `import ${specifier}: use a relative path`];
  }
  if (isTest(path) || isTestSupport(path)) return undefined;
  const allowed = rooms.get(roomOf(path))?.packages;
  if (allowed !== undefined && !allowed.includes(specifier)) {
    return ['package', `${roomOf(path)}/ may not import ${specifier}`];
  }
  if (path.startsWith('sim/') && specifier.startsWith('node:') && !isSimIo(path)) {
    if (!nodeModulesInSim.has(specifier)) {
      return ['package', `sim/ may import ${specifier} only in read-*.ts, load*.ts and *.io.ts`];
    }
  }
  return undefined;
}

function judgeRelative(path: string, specifier: string): Verdict {
  const target = resolve(path, specifier);
  const [from, to] = [roomOf(path), roomOf(target)];
  if (isTest(target)) return ['tests', `imports the test ${target}`];
  if (target.startsWith('..')) return ['outside', `imports ${target}, outside the tree`];
  if (from === 'adapters' && to === 'adapters' && !mayShare(path, target)) {
    return ['adapters', `adapter ${adapterOf(path)} imports adapter ${adapterOf(target)}`];
  }
  if (from === to || to === 'package.json') return undefined;
  if (to === 'adapters' && mayUseAdapters(path)) return undefined;
  if (rooms.get(from)?.rooms.includes(to) !== true) {
    return ['rooms', `${from}/ may not import ${target}`];
  }
  if (to === 'engine' && target !== 'engine/index.ts') {
    return ['front-door', `imports ${target}; outside engine/ import engine/index.ts only`];
  }
  return undefined;
}

/** Each cycle once, named by its path. `import type` counts: a knot is a knot. */
function findCycles(files: readonly SourceFile[]): readonly Offence[] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  const offences: Offence[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      const cycle = [...trail.slice(at), path].join(' → ');
      offences.push({path, line: 1, rule: 'cycle', message: `import cycle: ${cycle}`});
      return;
    }
    if (done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return offences;
}

function targetsOf(file: SourceFile): readonly string[] {
  return file.imports
    .filter(({specifier}) => specifier.startsWith('.'))
    .map(({specifier}) => resolve(file.path, specifier));
}

function resolve(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** Adapters do not know each other; the ports that they implement are no adapter. */
function mayShare(path: string, target: string): boolean {
  const adapter = adapterOf(target);
  return adapter === 'ports' || adapter === adapterOf(path);
}

function adapterOf(path: string): string {
  return path.split('/')[1] ?? '';
}
