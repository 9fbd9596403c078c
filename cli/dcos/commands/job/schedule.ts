/** `dcos job schedule`: when jobs run by themselves. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, type JsonFlag} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {rewording} from '../../http/service.ts';
import type {JsonObject} from '../../json/resource.ts';
import type {Column} from '../../output/table.ts';
import type {ScheduleForm} from './forms.ts';
import {jobPath, unknownJob} from './paths.ts';

export function makeScheduleGroup(context: Context): Command {
  return makeGroup('schedule', 'Say when a job runs by itself.', [
    addCommand(context),
    showCommand(context),
    updateCommand(context),
    removeCommand(context),
  ]);
}

/** Metronome's ids need no slash, but may be given with one. */
export function schedulePath(jobId: string, scheduleId: string): string {
  const id = scheduleId.replace(/^\/+/, '');
  if (id === '' || id === '.' || id === '..') {
    throw new Failure(`'${scheduleId}' is no id of a schedule`);
  }
  return `${jobPath(jobId)}/schedules/${encodeURIComponent(id)}`;
}

async function readSchedule(
  context: Context,
  name: string | undefined,
): Promise<JsonObject & {readonly id: string}> {
  const schedule = await context.readResource(name, {
    what: 'a schedule',
    example: 'dcos job schedule add my-job < schedule.json',
  });
  const {id} = schedule as {id?: unknown};
  if (typeof id === 'string') return {...schedule, id};
  throw new Failure('schedules JSON requires an ID', {hints: ['Such as: "id": "nightly"']});
}

function addCommand(context: Context): Command {
  const command = makeCommand('add <job-id> [schedule-file]', {
    summary: 'Give a job a schedule; it can have one.',
    examples: [`echo '{"id": "nightly", "cron": "0 2 * * *"}' | dcos job schedule add clean-up`],
  });
  return doing(
    withJson(command),
    async ([jobId, file]: [string, string | undefined], {json}: JsonFlag) => {
      const body = await readSchedule(context, file);
      const made = await rewording(404, unknownJob(jobId), () =>
        context.jobs.send('POST', `${jobPath(jobId)}/schedules`, {body}),
      );
      if (json === true) context.printJson(made);
    },
  );
}

const COLUMNS: readonly Column<ScheduleForm>[] = [
  {head: 'ID', cell: ({id}) => id},
  {head: 'CRON', cell: ({cron}) => cron},
  {head: 'ENABLED', cell: ({enabled}) => (enabled === false ? 'False' : 'True')},
  {head: 'NEXT RUN', cell: ({nextRunAt}) => nextRunAt},
  {head: 'CONCURRENCY POLICY', cell: ({concurrencyPolicy}) => concurrencyPolicy},
];

function showCommand(context: Context): Command {
  const command = makeCommand('show <job-id>', {
    summary: 'Show the schedule of a job, and when it is next due.',
    examples: ['dcos job schedule show clean-up'],
  });
  return doing(withJson(command), async ([jobId]: [string], {json}: JsonFlag) => {
    const schedules = await rewording(404, unknownJob(jobId), () =>
      context.jobs.get<readonly ScheduleForm[]>(`${jobPath(jobId)}/schedules`),
    );
    context.printList(schedules, {
      isJson: json === true,
      isQuiet: false,
      id: ({id}) => id,
      columns: COLUMNS,
    });
  });
}

function updateCommand(context: Context): Command {
  const command = makeCommand('update <job-id> [schedule-file]', {
    summary: 'Change the schedule of a job.',
    examples: ['dcos job schedule update clean-up schedule.json'],
  });
  return doing(
    withJson(command),
    async ([jobId, file]: [string, string | undefined], {json}: JsonFlag) => {
      const body = await readSchedule(context, file);
      const message = `job "${jobId}" or schedule "${body.id}" does not exist`;
      const changed = await rewording(404, message, () =>
        context.jobs.send('PUT', schedulePath(jobId, body.id), {body}),
      );
      if (json === true) context.printJson(changed);
    },
  );
}

function removeCommand(context: Context): Command {
  const command = makeCommand('remove <job-id> <schedule-id>', {
    summary: 'Take the schedule of a job away.',
    examples: ['dcos job schedule remove clean-up nightly'],
  });
  return doing(command, async ([jobId, id]: [string, string]) => {
    await rewording(404, `job "${jobId}" or schedule "${id}" does not exist`, () =>
      context.jobs.call('DELETE', schedulePath(jobId, id)),
    );
  });
}
