/** `dcos job`: what runs and ends, by hand or on a schedule. */
import type {Command} from 'commander';
import {
  doing,
  makeCommand,
  makeGroup,
  withJson,
  withList,
  type JsonFlag,
  type ListFlags,
} from '../command.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {ApiFailure} from '../http/api-failure.ts';
import {rewording} from '../http/service.ts';
import type {JsonObject} from '../json/resource.ts';
import type {Column} from '../output/table.ts';
import type {HistorySummary, JobForm} from './job/forms.ts';
import {jobPath, unknownJob} from './job/paths.ts';
import {
  historyCommand,
  killCommand,
  queueCommand,
  runCommand,
  showRunsCommand,
} from './job/runs.ts';
import {makeScheduleGroup} from './job/schedule.ts';

export function makeJobGroup(context: Context): Command {
  return makeGroup('job', 'Run jobs that end: now, or on a schedule.', [
    addCommand(context),
    listCommand(context),
    showCommand(context),
    updateCommand(context),
    removeCommand(context),
    runCommand(context),
    killCommand(context),
    queueCommand(context),
    historyCommand(context),
    showRunsCommand(context, 'show-runs'),
    makeScheduleGroup(context),
  ]);
}

interface WrittenJob {
  readonly id: string;
  /** Without its schedules, which have an API of their own. */
  readonly body: JsonObject;
  readonly schedule: unknown;
}

async function readJob(context: Context, name: string | undefined): Promise<WrittenJob> {
  const job = await context.readResource(name, {
    what: 'a job',
    example: 'dcos job add < job.json',
  });
  const {id, schedules, ...rest} = job as {id?: unknown; schedules?: unknown} & JsonObject;
  if (typeof id !== 'string') {
    throw new Failure('jobs JSON requires an ID', {hints: ['Such as: "id": "nightly.clean-up"']});
  }
  if (schedules !== undefined && schedules !== null && !Array.isArray(schedules)) {
    throw new Failure('"schedules" must be a list', {hints: ['Such as: "schedules": [{…}]']});
  }
  if (Array.isArray(schedules) && schedules.length > 1) {
    throw new Failure('Only one schedule supported at the moment');
  }
  const schedule: unknown = Array.isArray(schedules) ? schedules[0] : undefined;
  return {id, body: {id, ...rest, ...withDisk(rest)}, schedule};
}

/** Metronome wants it said; DC/OS's command fills it in. */
function withDisk({run}: {readonly run?: unknown}): JsonObject {
  if (typeof run !== 'object' || run === null || Array.isArray(run) || 'disk' in run) return {};
  return {run: {...run, disk: 0}};
}

function addCommand(context: Context): Command {
  const command = makeCommand('add [job-file]', {
    summary: 'Add a job.',
    more: [
      'Its definition is JSON: in a file, at a URL, or on standard input.',
      'A schedule in it is added, too.',
    ].join(' '),
    examples: [
      'dcos job add clean-up.json',
      `echo '{"id": "hello", "run": {"cmd": "echo hello", "cpus": 0.1, "mem": 32}}' | dcos job add`,
    ],
  });
  return doing(withJson(command), async ([name]: [string | undefined], {json}: JsonFlag) => {
    const {id, body, schedule} = await readJob(context, name);
    const job = await context.jobs.send<JobForm>('POST', '/v1/jobs', {body});
    if (schedule !== undefined) await addSchedule(context, id, schedule);
    if (json === true) context.printJson(job);
  });
}

async function addSchedule(context: Context, id: string, schedule: unknown): Promise<void> {
  try {
    await context.jobs.send('POST', `${jobPath(id)}/schedules`, {body: schedule});
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`job "${id}" was added, but not its schedule: ${error.message}`, {
      hints: [...error.hints, `When it is mended: dcos job schedule add ${id} FILE`],
      cause: error,
    });
  }
}

const COLUMNS: readonly Column<JobForm>[] = [
  {head: 'ID', cell: ({id}) => id},
  {head: 'STATUS', cell: statusOf},
  {head: 'LAST RUN', cell: ({historySummary}) => lastRunOf(historySummary)},
];

function statusOf({activeRuns, schedules = []}: JobForm): string {
  if (activeRuns !== undefined) return 'Running';
  return schedules.length > 0 ? 'Scheduled' : 'Unscheduled';
}

function lastRunOf({lastSuccessAt, lastFailureAt}: HistorySummary = {}): string {
  const [success, failure] = [lastSuccessAt ?? '', lastFailureAt ?? ''];
  if (success === '' && failure === '') return 'N/A';
  // Both are of one form and one zone, so that the later text is the later instant.
  return success > failure ? 'Success' : 'Failed';
}

function listCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List all jobs.',
    examples: ['dcos job list'],
  });
  return doing(withList(command), async (_: [], {json, quiet}: ListFlags) => {
    const jobs = await context.jobs.get<readonly JobForm[]>('/v1/jobs', {
      embed: ['activeRuns', 'schedules', 'historySummary'],
    });
    context.printList([...jobs].sort(byId), {
      isJson: json === true,
      isQuiet: quiet === true,
      id: ({id}) => id,
      columns: COLUMNS,
    });
  });
}

function byId(left: JobForm, right: JobForm): number {
  return left.id < right.id ? -1 : 1;
}

function showCommand(context: Context): Command {
  const command = makeCommand('show <job-id>', {
    summary: 'Show a job, as JSON; `show runs <job-id>` shows what runs of it.',
    examples: ['dcos job show nightly.clean-up', 'dcos job show runs nightly.clean-up'],
  });
  command.addCommand(showRunsCommand(context, 'runs'));
  return doing(withJson(command), async ([id]: [string]) => {
    context.printJson(
      await rewording(404, unknownJob(id), () => context.jobs.get<JobForm>(jobPath(id))),
    );
  });
}

function updateCommand(context: Context): Command {
  const command = makeCommand('update [job-file]', {
    summary: 'Put another definition in the place of a job; its schedule stays.',
    examples: ['dcos job update clean-up.json'],
  });
  return doing(withJson(command), async ([name]: [string | undefined], {json}: JsonFlag) => {
    const {id, body} = await readJob(context, name);
    const job = await rewording(404, unknownJob(id), () =>
      context.jobs.send<JobForm>('PUT', jobPath(id), {body}),
    );
    if (json === true) context.printJson(job);
  });
}

function removeCommand(context: Context): Command {
  const command = makeCommand('remove <job-id>', {
    summary: 'Remove a job with its schedule and its history.',
    examples: ['dcos job remove --stop-current-job-runs nightly.clean-up'],
  }).option('--stop-current-job-runs', 'end what runs of it');
  return doing(
    command,
    async ([id]: [string], {stopCurrentJobRuns}: {stopCurrentJobRuns?: true}) => {
      const query = {stopCurrentJobRuns: stopCurrentJobRuns === true};
      try {
        await rewording(404, unknownJob(id), () =>
          context.jobs.call('DELETE', jobPath(id), {query}),
        );
      } catch (error) {
        if (!(error instanceof ApiFailure) || error.status !== 409) throw error;
        // Others may depend on it, too: then what the service says is all there is to say.
        if (!/active|running/i.test(error.said ?? 'active')) throw error;
        throw new Failure(`job "${id}" is running`, {
          hints: [`To end what runs of it: dcos job remove --stop-current-job-runs ${id}`],
          cause: error,
        });
      }
    },
  );
}
