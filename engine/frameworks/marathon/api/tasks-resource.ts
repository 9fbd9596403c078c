/** /v2/tasks, and the tasks of an app (reference parts 2.1 and 2.4). */
import {listOf, object, required, text, type Fault} from '../../json/json-shape.ts';
import type {Instance} from '../instances/instances.ts';
import type {AppEntry, Roster} from '../instances/roster.ts';
import type {Root} from '../root/root.ts';
import {answerOutcome, changing} from './answer-change.ts';
import {taskView, tasksOf} from './app-view.ts';
import {acceptsJson, textAt, type Call} from '../../http/call.ts';
import {canonicalPath} from '../definition/path-id.ts';
import {idAt} from './path-ids.ts';
import type {Commands} from './commands.ts';
import {unknownGroup} from './group-commands.ts';
import {
  badRequest,
  messageAnswer,
  notFound,
  ok,
  parseBody,
  type HttpAnswer,
} from '../../http/answers.ts';
import {invalid, scaleAndWipe} from './http-form.ts';
import {unknownApp} from './make-change.ts';
import {flagOf, valueOf, valuesOf} from '../../http/query.ts';
import {refused} from './refusals.ts';
import type {Route} from '../../http/routes.ts';
import {hasTask, instanceOfTask, statusOf} from './task-form.ts';

export interface TasksParts {
  readonly roster: Roster;
  readonly root: Root;
}

export class TasksResource {
  readonly #commands: Commands;
  readonly #parts: TasksParts;

  constructor(commands: Commands, parts: TasksParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    return [
      ['GET', '/v2/apps/{id*}/*/tasks', (call) => this.#below(call)],
      ['GET', '/v2/apps/{id+}/tasks', (call) => this.#ofApp(call)],
      ['DELETE', '/v2/apps/{id+}/tasks', (call) => this.#killOfApp(call)],
      ['DELETE', '/v2/apps/{id+}/tasks/{task}', (call) => this.#killOne(call)],
      ['GET', '/v2/tasks', (call) => this.#list(call)],
      ['POST', '/v2/tasks/delete', (call) => this.#killListed(call)],
    ];
  }

  /** Also tasks of apps that are being removed: they still run. */
  #list(call: Call): HttpAnswer {
    const statuses = valuesOf(call.query, 'status').map((status) => status.toLowerCase());
    const wanted = (['running', 'staging'] as const).filter((one) => statuses.includes(one));
    const tasks = [...this.#parts.roster.entries.values()]
      .flatMap(({instances}) => [...instances.values()])
      .filter(hasTask)
      .filter(({condition}) => {
        const status = statusOf(condition);
        return wanted.length === 0 || (status !== undefined && wanted.includes(status));
      });
    return tasksAnswer(call, tasks.map(taskView));
  }

  #below(call: Call): HttpAnswer {
    const {root} = this.#parts;
    const group = idAt(call);
    if (root.group(group) === undefined) return refused(unknownGroup(group).refusal);
    const entries = root.appsBelow(group).flatMap((id) => this.#entry(id) ?? []);
    return tasksAnswer(call, entries.flatMap(tasksOf));
  }

  #entry(id: string): AppEntry | undefined {
    const entry = this.#parts.roster.entry(id);
    return entry?.isRemoved === true ? undefined : entry;
  }

  #ofApp(call: Call): HttpAnswer {
    const entry = this.#entry(idAt(call));
    if (entry === undefined) return refused(unknownApp(idAt(call)).refusal);
    return tasksAnswer(call, tasksOf(entry));
  }

  /** All tasks of an app, or those on one host. To be scaled away, an instance needs no task. */
  #killOfApp(call: Call): HttpAnswer {
    const {query} = call;
    const entry = this.#entry(idAt(call));
    if (isScaleAndWipe(call)) return scaleAndWipe;
    if (entry === undefined) return refused(unknownApp(idAt(call)).refusal);
    const host = valueOf(query, 'host') ?? '';
    const isScale = flagOf(query, 'scale');
    const victims = [...entry.instances.values()]
      .filter((instance) => isScale || hasTask(instance))
      .filter((instance) => host === '' || instance.host === host);
    return this.#kill(call, victims, (tasks) => ({tasks}));
  }

  #killOne(call: Call): HttpAnswer {
    const taskId = textAt(call, 'task');
    const instanceId = instanceOfTask(taskId) ?? '';
    const entry = this.#entry(idAt(call)) ?? this.#entryMisread(call, instanceId);
    if (isScaleAndWipe(call)) return scaleAndWipe;
    if (entry === undefined) return refused(unknownApp(idAt(call)).refusal);
    const instance = entry.instances.get(instanceId);
    if (instance === undefined || !hasTask(instance)) {
      return notFound(`Task '${taskId}' does not exist`);
    }
    return this.#kill(call, [instance], ([task]) => ({task}));
  }

  /**
   * go-marathon takes what is before the last dot of a task's id for its app, which was so before
   * tasks were parts of instances; later with slashes for underscores. No app can be called so.
   */
  #entryMisread(call: Call, instanceId: string): AppEntry | undefined {
    const [misread = ''] = /^.+(?=\.)/s.exec(textAt(call, 'task')) ?? [];
    const forms = [misread, misread.replaceAll('_', '/')].map((form) => canonicalPath(`/${form}`));
    if (!forms.includes(idAt(call))) return undefined;
    const {appId} = this.#parts.roster.instance(instanceId)?.spec ?? {};
    return appId === undefined ? undefined : this.#entry(appId);
  }

  /** Ids of which there is nothing any more are passed over. */
  #killListed(call: Call): HttpAnswer {
    if (isScaleAndWipe(call)) return scaleAndWipe;
    const body = parseBody(call.body);
    if (!body.ok) return body.answer;
    const faults: Fault[] = [];
    const read = idsBody(body.value, '', faults);
    if (read === undefined || faults.length > 0) return invalid(faults);
    const victims = new Set<Instance>();
    for (const taskId of read.ids) {
      const id = instanceOfTask(taskId);
      if (id === undefined) return badRequest(`Invalid task id '${taskId}'`);
      const instance = this.#parts.roster.instance(id);
      if (instance !== undefined && hasTask(instance)) victims.add(instance);
    }
    return this.#kill(call, [...victims], (tasks) => ({tasks}));
  }

  /** `form` makes the answer of the tasks that are killed. */
  #kill(
    call: Call,
    victims: readonly Instance[],
    form: (tasks: readonly object[]) => unknown,
  ): HttpAnswer {
    return changing(call, (how) => {
      if (flagOf(call.query, 'scale')) {
        return answerOutcome(this.#commands.scaleDown(victims, how));
      }
      const tasks = victims.map(taskView);
      if (how.isDryRun !== true) {
        if (flagOf(call.query, 'wipe')) this.#commands.wipe(victims);
        else this.#commands.kill(victims);
      }
      return ok(form(tasks));
    });
  }
}

const idsBody = object({ids: required(listOf(text({min: 1})))}, {});

function isScaleAndWipe({query}: Call): boolean {
  return flagOf(query, 'scale') && flagOf(query, 'wipe');
}

/** The old table of tabs, which only text/plain asks for, is gone as in Marathon 1.9. */
function tasksAnswer(call: Call, tasks: readonly object[]): HttpAnswer {
  if (acceptsJson(call)) return ok({tasks});
  return messageAnswer(406, 'Tasks are answered as application/json only');
}
