/** The v2 API: requests in, answers out (reference part 2). */
import type {MarathonOptions} from '../../../options.ts';
import type {NormaliseConfig} from '../definition/app-definition.ts';
import type {Readiness} from '../health/readiness.ts';
import type {Failures} from '../instances/failures.ts';
import type {LaunchQueue} from '../launch/launch-queue.ts';
import {AppView} from './app-view.ts';
import {AppsResource} from './apps-resource.ts';
import type {CommandParts, Commands} from './commands.ts';
import {DeploymentsResource} from './deployments-resource.ts';
import {GroupsResource} from './groups-resource.ts';
import type {HttpAnswer} from '../../http/answers.ts';
import {infoRoutes} from './info-resource.ts';
import {metricsRoutes} from './metrics-resource.ts';
import {POD_ROUTES} from './pods-resource.ts';
import {QueueResource} from './queue-resource.ts';
import type {HttpRequest} from '../../http/http-request.ts';
import {Router} from '../../http/routes.ts';
import {TasksResource} from './tasks-resource.ts';

export interface HttpParts extends CommandParts {
  readonly queue: LaunchQueue;
  readonly readiness: Readiness;
  readonly failures: Failures;
  readonly options: MarathonOptions;
  readonly config: NormaliseConfig;
}

/** What asks for something to be shown. */
export type ReadRequest = Pick<HttpRequest, 'headers' | 'path'>;

export class HttpApi {
  readonly #router: Router;

  constructor(commands: Commands, {options, config, ...parts}: HttpParts) {
    const legacy = options.legacyAppForm ? config : undefined;
    const view = new AppView({...parts, legacy});
    this.#router = new Router([
      // Before apps: an id of any length fits what is behind it.
      ...new TasksResource(commands, parts).routes(),
      ...new AppsResource(commands, {...parts, view}).routes(),
      ...new GroupsResource(commands.groups, {...parts, view}).routes(),
      ...new DeploymentsResource(commands, parts).routes(),
      ...new QueueResource({...parts, view}).routes(),
      ...infoRoutes(parts.services, options, config),
      ...metricsRoutes(parts),
      ...POD_ROUTES,
    ]);
  }

  answer(request: HttpRequest): HttpAnswer {
    return this.#router.answer(request);
  }

  /** The answer to GET, which changes nothing. */
  get(request: ReadRequest): HttpAnswer {
    return this.#router.answer({kind: 'http', method: 'GET', ...request});
  }
}
