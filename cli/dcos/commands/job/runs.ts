/** Runs of jobs: started, shown, ended, remembered. */
import type {Command} from 'commander';
import {
  doing,
  makeCommand,
  withIgnored,
  withJson,
  withList,
  type JsonFlag,
  type ListFlags,
} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {rewording} from '../../http/service.ts';
import type {Column} from '../../output/table.ts';
import type {FinishedRun, JobForm, QueuedJob, RunForm} from './forms.ts';
import {jobPath, unknownJob} from './paths.ts';

export function runCommand(context: Context): Command {
  const command = makeCommand('run <job-id>', {
    summary: 'Start a job now, whatever its schedule says; prints the id of the run.',
    examples: ['dcos job run nightly.clean-up'],
  });
  return doing(withJson(command), async ([id]: [string], {json}: JsonFlag) => {
    const run = await rewording(404, unknownJob(id), () =>
      context.jobs.send<RunForm>('POST', `${jobPath(id)}/runs`),
    );
    if (json === true) context.printJson(run);
    else context.print(run.id);
  });
}

export function killCommand(context: Context): Command {
  const command = makeCommand('kill <job-id> [run-id]', {
    summary: 'End a run of a job, or all of them.',
    examples: ['dcos job kill nightly.clean-up 20261130170000abcde', 'dcos job kill nightly --all'],
  }).option('--all', 'all runs of the job');
  return doing(command, async ([id, runId]: [string, string | undefined], {all}: {all?: true}) => {
    if (runId !== undefined && all === true) {
      throw new Failure('cannot accept both a run-id and the --all option');
    }
    if (runId === undefined && all !== true) {
      throw new Failure('run-id must be specified or --all option must be set');
    }
    const runs =
      runId === undefined ? (await activeRuns(context, id)).map((run) => run.id) : [runId];
    for (const run of runs) {
      const path = `${jobPath(id)}/runs/${encodeURIComponent(run)}/actions/stop`;
      await rewording(404, `job "${id}" or run "${run}" does not exist`, () =>
        context.jobs.call('POST', path),
      );
      context.say(`Run '${run}' of job '${id}' killed.`);
    }
  });
}

function activeRuns(context: Context, id: string): Promise<readonly RunForm[]> {
  return rewording(404, unknownJob(id), () =>
    context.jobs.get<readonly RunForm[]>(`${jobPath(id)}/runs`),
  );
}

const RUN_COLUMNS: readonly Column<RunForm>[] = [
  {head: 'TASK ID', cell: ({id}) => id},
  {head: 'JOB ID', cell: ({jobId}) => jobId},
  {head: 'STARTED AT', cell: ({createdAt}) => createdAt},
];

/** `job show runs`, and as one word. */
export function showRunsCommand(context: Context, name: 'runs' | 'show-runs'): Command {
  const words = name === 'runs' ? 'show runs' : name;
  const command = makeCommand(`${name} <job-id>`, {
    summary: 'List the runs of a job that are under way.',
    examples: [`dcos job ${words} nightly.clean-up`],
  }).option('--run-id <id>', 'only this one');
  return doing(
    withList(command),
    async ([id]: [string], {runId, json, quiet}: ListFlags & {runId?: string}) => {
      const runs =
        runId === undefined
          ? await activeRuns(context, id)
          : [
              await rewording(404, `job "${id}" or run "${runId}" does not exist`, () =>
                context.jobs.get<RunForm>(`${jobPath(id)}/runs/${encodeURIComponent(runId)}`),
              ),
            ];
      context.printList(runs, {
        isJson: json === true,
        isQuiet: quiet === true,
        id: (run) => run.id,
        columns: RUN_COLUMNS,
      });
    },
  );
}

export function queueCommand(context: Context): Command {
  const command = makeCommand('queue [job-id]', {
    summary: 'List runs that wait for a place to start.',
    examples: ['dcos job queue'],
  });
  return doing(withList(command), async ([id]: [string | undefined], {json, quiet}: ListFlags) => {
    const queue = await context.jobs.get<readonly QueuedJob[]>('/v1/queue');
    const jobs = queue.filter(({jobId}) => id === undefined || jobId === id);
    const rows = jobs.flatMap(({jobId, runs}) => runs.map(({runId}) => ({jobId, runId})));
    context.printList(rows, {
      isJson: json === true,
      isQuiet: quiet === true,
      id: ({runId}) => runId,
      columns: [
        {head: 'JOB ID', cell: ({jobId}) => jobId},
        {head: 'RUN ID', cell: ({runId}) => runId},
      ],
      json: () => jobs,
    });
  });
}

interface HistoryFlags extends ListFlags {
  readonly last?: true;
  readonly failures?: true;
  readonly showFailures?: true;
}

const HISTORY_COLUMNS: readonly Column<FinishedRun>[] = [
  {head: 'RUN ID', cell: ({id}) => id},
  {head: 'STARTED', cell: ({createdAt}) => createdAt},
  {head: 'FINISHED', cell: ({finishedAt}) => finishedAt},
];

export function historyCommand(context: Context): Command {
  const command = makeCommand('history <job-id>', {
    summary: 'List the runs of a job that have ended, the latest first.',
    examples: ['dcos job history nightly.clean-up', 'dcos job history --failures --last nightly'],
  })
    .option('-l, --last', 'only the latest')
    .option('-f, --failures', 'those that failed, instead of those that succeeded');
  withIgnored(command, '--show-failures');
  return doing(withList(command), async ([id]: [string], flags: HistoryFlags) => {
    const job = await rewording(404, unknownJob(id), () =>
      context.jobs.get<JobForm>(jobPath(id), {embed: ['activeRuns', 'schedules', 'history']}),
    );
    const {history = {}} = job;
    const isFailures = flags.failures === true || flags.showFailures === true;
    const {successfulFinishedRuns: good = [], failedFinishedRuns: bad = []} = history;
    const runs = (isFailures ? bad : good).slice(0, flags.last === true ? 1 : undefined);
    const isTable = flags.json !== true && flags.quiet !== true;
    if (isTable) {
      const {successCount, failureCount, lastSuccessAt, lastFailureAt} = history;
      const [count, last] = isFailures
        ? [failureCount, lastFailureAt]
        : [successCount, lastSuccessAt];
      const words = isFailures ? ['Failure', 'Failure'] : ['Successful', 'Success'];
      context.print(`"${id}"  ${words[0]} runs: ${count ?? 0} Last ${words[1]}: ${last ?? 'N/A'}`);
    }
    context.printList(runs, {
      isJson: flags.json === true,
      isQuiet: flags.quiet === true,
      id: (run) => run.id,
      columns: HISTORY_COLUMNS,
    });
  });
}
