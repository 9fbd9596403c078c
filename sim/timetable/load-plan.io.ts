/** Reads the files of a timetable: jobs, scenarios, histories. All problems are gathered. */
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {chronosOptions, type ChronosOptions, type ChronosPreset} from '../../engine/index.ts';
import {meanOf} from '../random/distributions.ts';
import {makeBehaviourFinder} from '../scenario/behaviours.ts';
import {jsonSyntaxProblem} from '../scenario/json-syntax.ts';
import {loadScenario} from '../scenario/load.ts';
import {readTextFile} from '../scenario/load-files.ts';
import {parseYaml, placeAt, plainValue, type Located} from '../scenario/load-source.ts';
import {pathText, type FieldPath, type FieldProblem} from '../scenario/problems.ts';
import type {Scenario, ScenarioProblem, ScheduledJobWorkload} from '../scenario/schema.ts';
import type {JobFault} from './foresee.ts';
import {readHistory} from './history.ts';
import {readEnd} from './instants.ts';
import {fieldPath, isScenario, readJob, readJobs} from './job-files.ts';
import type {Plan, PlannedJob} from './plan.ts';

export interface PlanOptions {
  /** Where `data:NAME` of scenarios is looked for. */
  readonly dataFolders: readonly string[];
  /** Of the Chronos, where no scenario has one. */
  readonly preset: ChronosPreset;
  /** Undefined: the start of the scenario, or `nowMs`. */
  readonly fromMs: number | undefined;
  readonly nowMs: number;
  /** An instant, or a duration; undefined: the end of the scenario, or a week. */
  readonly until: string | undefined;
  /** Where nothing is known. */
  readonly durationMs: number;
  readonly historyFile: string | undefined;
}

export type PlanResult =
  | {
      readonly ok: true;
      readonly plan: Plan;
      /** Where in the files that is which a preview finds wrong. */
      readonly place: (fault: JobFault) => ScenarioProblem;
    }
  | {readonly ok: false; readonly problems: readonly ScenarioProblem[]};

/** What is under way at the start of a timetable of files began within this time before. */
const LEAD_MS = 86_400_000;
const SPAN_DEFAULT = '7d';
/** Standard input. */
const STDIN = '-';

export function loadPlan(files: readonly string[], options: PlanOptions): PlanResult {
  const loading = new PlanLoading(options);
  for (const file of files) loading.addFile(file);
  const {problems} = loading;
  if (problems.length > 0) return {ok: false, problems};
  const plan = loading.plan();
  if (problems.length > 0 || plan === undefined) return {ok: false, problems};
  return {ok: true, plan, place: (fault) => loading.placeOf(fault)};
}

/** The file as a tree, made when a place in it is asked for first. */
type TreeOf = () => Located | undefined;

interface Source {
  readonly file: string;
  /** Of a file with jobs; undefined: no places are known. */
  readonly tree: TreeOf | undefined;
  readonly path: FieldPath;
}

class PlanLoading {
  readonly problems: ScenarioProblem[] = [];
  readonly #options: PlanOptions;
  #chronos: ChronosOptions;
  #scenario: {readonly file: string; readonly scenario: Scenario} | undefined;
  readonly #jobs: Omit<PlannedJob, 'durationFrom' | 'durationMs'>[] = [];
  readonly #sources = new Map<string, Source>();

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#chronos = chronosOptions({preset: options.preset});
  }

  addFile(file: string): void {
    const read = file === STDIN ? readStdin() : readTextFile(resolve(file));
    const path = file === STDIN ? STDIN : resolve(file);
    if (!read.ok) {
      this.problems.push({path: '', message: read.message, file: path});
      return;
    }
    const value = this.#parse(read.text, path);
    if (value === undefined) return;
    if (isScenario(value.value)) {
      this.#addScenario(path);
      return;
    }
    const {jobs, problems} = readJobs(value.value, this.#chronos);
    const tree = treeOf(read.text, path);
    for (const problem of problems) this.problems.push(placed(problem, {file: path, tree}));
    for (const {definition, path: at} of jobs) {
      this.#jobs.push({definition});
      this.#sources.set(definition.name, {file: path, tree, path: at});
    }
  }

  /** JSON is read as such where it is some: that is much faster, and places are rarely needed. */
  #parse(text: string, file: string): {readonly value: unknown} | undefined {
    if (file.endsWith('.json') || /^\s*[[{]/.test(text)) {
      const fault = jsonSyntaxProblem(text);
      if (fault === undefined) return {value: JSON.parse(text)};
      if (file.endsWith('.json')) {
        this.problems.push({path: '', file, ...fault});
        return undefined;
      }
    }
    const {tree, problems} = parseYaml(text, file);
    this.problems.push(...problems);
    return tree && {value: plainValue(tree)};
  }

  #addScenario(file: string): void {
    const problem = (path: string, message: string): void => {
      this.problems.push({path, message, file});
    };
    if (file === STDIN) {
      problem('', 'expected jobs; a scenario is read from a file');
      return;
    }
    if (this.#scenario !== undefined) {
      problem('', `expected one scenario, found ${this.#scenario.file} besides`);
      return;
    }
    const loaded = loadScenario(file, {dataFolders: this.#options.dataFolders});
    if (!loaded.ok) {
      this.problems.push(...loaded.problems);
      return;
    }
    const {scenario} = loaded;
    this.#scenario = {file, scenario};
    const workloads = scenario.workloads.filter((workload) => workload.kind === 'job');
    const [framework, other] = new Set(workloads.map(({framework: name}) => name));
    if (framework === undefined) problem('workloads', 'expected jobs of a Chronos, found none');
    if (other !== undefined) {
      problem('workloads', `expected jobs of one Chronos, found some of ${framework} and ${other}`);
    }
    const settings = scenario.frameworks.find(({name}) => name === framework);
    if (settings?.kind === 'chronos') {
      this.#chronos = chronosOptions({preset: settings.preset, ...settings.options});
    }
    for (const [index, workload] of scenario.workloads.entries()) {
      if (workload.kind === 'job') this.#addWorkload(workload, {index, file, scenario});
    }
  }

  #addWorkload(
    {list, atMs, file: jobFile}: ScheduledJobWorkload,
    {index, file, scenario}: {readonly index: number; file: string; scenario: Scenario},
  ): void {
    const path = ['workloads', index, 'job'];
    const source = {file: jobFile?.path ?? file, tree: undefined, path};
    for (const job of list) {
      const read = readJob(job, this.#chronos);
      if (read.ok) {
        const {definition} = read;
        this.#jobs.push({definition, submittedAt: scenario.startMs + atMs});
        this.#sources.set(definition.name, source);
        continue;
      }
      for (const problem of read.problems) {
        this.problems.push(placed({...problem, path: [...path, ...problem.path]}, source));
      }
    }
  }

  plan(): Plan | undefined {
    const {fromMs: asked, nowMs, until} = this.#options;
    const scenario = this.#scenario?.scenario;
    const fromMs = asked ?? scenario?.startMs ?? nowMs;
    const endMs = scenario?.until.kind === 'time' ? scenario.startMs + scenario.until.atMs : 0;
    const text = until ?? (endMs > fromMs ? undefined : SPAN_DEFAULT);
    const untilMs = text === undefined ? endMs : readEnd(text, fromMs);
    if (untilMs === undefined) {
      const expected = 'expected an instant such as 2026-04-01 or a duration such as 31d';
      this.problems.push({path: '--until', message: `${expected}, found ${text}`});
    } else if (untilMs <= fromMs) {
      this.problems.push({path: '--until', message: 'expected an instant after --from'});
    }
    const beginMs = scenario?.startMs ?? fromMs - LEAD_MS;
    if (fromMs < beginMs) {
      const message = 'expected an instant from the start of the scenario on';
      this.problems.push({path: '--from', message});
    }
    const history = this.#history();
    if (untilMs === undefined || history === undefined) return undefined;
    return {
      jobs: this.#withDurations(history),
      window: {fromMs, untilMs},
      beginMs,
      options: this.#chronos,
      timeZones: temporalZones,
    };
  }

  #history(): ReadonlyMap<string, number> | undefined {
    const {historyFile} = this.#options;
    if (historyFile === undefined) return new Map();
    const file = resolve(historyFile);
    const read = readTextFile(file);
    if (!read.ok) {
      this.problems.push({path: '', message: read.message, file});
      return undefined;
    }
    const parsed = this.#parse(read.text, file);
    if (parsed === undefined) return undefined;
    const result = readHistory(parsed.value);
    if (result.ok) return result.durations;
    const tree = treeOf(read.text, file);
    for (const problem of result.problems) this.problems.push(placed(problem, {file, tree}));
    return undefined;
  }

  #withDurations(history: ReadonlyMap<string, number>): readonly PlannedJob[] {
    const find = makeBehaviourFinder(this.#scenario?.scenario.behaviours ?? []);
    return this.#jobs.map((job) => {
      const known = history.get(job.definition.name);
      if (known !== undefined) return {...job, durationMs: known, durationFrom: 'history'};
      const {durationMs, startupMs} = find(`job:${job.definition.name}`, 1);
      const mean = durationMs === undefined ? undefined : meanOf(durationMs);
      if (mean === undefined || !Number.isFinite(mean)) {
        return {...job, durationMs: this.#options.durationMs, durationFrom: 'assumed'};
      }
      const startup = meanOf(startupMs) ?? 0;
      const wholeMs = wholeSeconds(mean + (Number.isFinite(startup) ? startup : 0));
      return {...job, durationMs: wholeMs, durationFrom: 'scenario'};
    });
  }

  placeOf({job, path, message}: JobFault): ScenarioProblem {
    const source = job === undefined ? undefined : this.#sources.get(job);
    if (source === undefined) return {path: job ?? path, message};
    const inside = [...source.path, ...fieldPath(path)];
    const named = source.tree === undefined ? `${job}: ${message}` : message;
    return placed({path: inside, message: named}, source);
  }
}

/** A mean is no more exact than that. */
function wholeSeconds(ms: number): number {
  return ms < 1000 ? Math.round(ms) : Math.round(ms / 1000) * 1000;
}

function treeOf(text: string, file: string): TreeOf {
  let made: {readonly tree: Located | undefined} | undefined;
  return () => (made ??= parseYaml(text, file)).tree;
}

function placed(
  {path, message}: FieldProblem,
  {file, tree: treeOfFile}: Pick<Source, 'file' | 'tree'>,
): ScenarioProblem {
  const problem = {path: pathText(path), message, file};
  const tree = treeOfFile?.();
  if (tree === undefined) return problem;
  const {line, column} = placeAt(tree, path, false);
  return {...problem, line, column};
}

function readStdin(): ReturnType<typeof readTextFile> {
  try {
    return {ok: true, text: readFileSync(0, 'utf8')};
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    return {ok: false, message: `standard input cannot be read (${code})`};
  }
}
