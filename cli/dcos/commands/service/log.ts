/** `dcos service log`: what the task has written that runs a framework's scheduler. */
import type {Command} from 'commander';
import {doing, makeCommand} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {readState} from '../../mesos/state.ts';
import {findTask} from '../../mesos/tasks.ts';
import {linesOf, withLog, type LogFlags} from '../log-flags.ts';
import type {AppForm, MarathonTask} from '../marathon/forms.ts';
import {pathOf} from '../marathon/ids.ts';
import {follow, LogWriter, openLogs} from '../task/log.ts';

export function serviceLogCommand(context: Context): Command {
  const command = makeCommand('log <service> [file]', {
    summary: 'Print what the scheduler of a framework has written.',
    more: [
      'For frameworks whose scheduler is an app of Marathon: one with the label',
      'DCOS_SERVICE_NAME or DCOS_PACKAGE_FRAMEWORK_NAME.',
    ].join(' '),
    examples: ['dcos service log --follow kafka stderr'],
  });
  return doing(
    withLog(command),
    async ([name, file = 'stdout']: [string, string | undefined], flags: LogFlags) => {
      const lines = linesOf(flags);
      if (name === 'marathon' || name === 'chronos' || name === 'metronome') {
        throw new Failure(`${name} is a part of the master.`, {
          hints: ['What it logs: dcos node log --leader'],
        });
      }
      const taskId = await schedulerTask(context, name);
      const {task} = findTask(await readState(context), taskId);
      const logs = await openLogs(context, [task], file);
      const writer = new LogWriter(context, false);
      for (const log of logs) writer.write(log, await log.tail.last(lines));
      if (flags.follow === true) await follow(context, logs, writer);
    },
  );
}

interface LabelledApp extends AppForm {
  readonly labels?: Readonly<Record<string, string>>;
}

async function schedulerTask({marathon}: Context, name: string): Promise<string> {
  const {apps} = await marathon.get<{apps: readonly LabelledApp[]}>('/v2/apps');
  const named = apps.filter(
    ({labels = {}}) =>
      labels['DCOS_PACKAGE_FRAMEWORK_NAME'] === name || labels['DCOS_SERVICE_NAME'] === name,
  );
  const [app] = named;
  if (app === undefined) throw new Failure(`no marathon apps found for service name [${name}]`);
  if (named.length > 1) {
    throw new Failure(`multiple marathon apps found for service name [${name}]`, {
      hints: named.map(({id}) => `  ${id}`),
    });
  }
  const path = `/v2/apps${pathOf(app.id)}/tasks`;
  const {tasks} = await marathon.get<{tasks: readonly MarathonTask[]}>(path);
  const [task] = tasks;
  if (task !== undefined && tasks.length === 1) return task.id;
  throw new Failure(
    `expected marathon app [${app.id}] to be running 1 task, but instead found ` +
      `${tasks.length} tasks`,
  );
}
