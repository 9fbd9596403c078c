/** /v2/deployments (reference part 2.3), and beyond Marathon's the ways to hold one. */
import type {Deployments} from '../deploy/deployments.ts';
import type {Readiness} from '../health/readiness.ts';
import {answerOutcome} from './answer-change.ts';
import {textAt, type Call} from '../../http/call.ts';
import type {Commands} from './commands.ts';
import {deploymentForm} from './deployment-form.ts';
import {accepted} from './http-form.ts';
import {ok, type HttpAnswer} from '../../http/answers.ts';
import {flagOf} from '../../http/query.ts';
import type {Route} from '../../http/routes.ts';

export interface DeploymentsParts {
  readonly deployments: Pick<Deployments, 'all'>;
  readonly readiness: Pick<Readiness, 'resultsOf'>;
}

export class DeploymentsResource {
  readonly #commands: Commands;
  readonly #parts: DeploymentsParts;

  constructor(commands: Commands, parts: DeploymentsParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    return [
      ['GET', '/v2/deployments', () => this.#list()],
      ['DELETE', '/v2/deployments/{id}', (call) => this.#remove(call)],
      ['POST', '/v2/deployments/{id}/pause', (call) => this.#steer(call, 'pause')],
      ['POST', '/v2/deployments/{id}/resume', (call) => this.#steer(call, 'resume')],
    ];
  }

  #list(): HttpAnswer {
    const {deployments, readiness} = this.#parts;
    const readinessOf = (appId: string) => readiness.resultsOf(appId);
    return ok(deployments.all.map((deployment) => deploymentForm(deployment, readinessOf)));
  }

  /** By force it only ends; else what it did is undone by a new one. */
  #remove(call: Call): HttpAnswer {
    return this.#steer(call, flagOf(call.query, 'force') ? 'cancel' : 'rollBack');
  }

  #steer(call: Call, action: 'cancel' | 'pause' | 'resume' | 'rollBack'): HttpAnswer {
    const outcome = this.#commands.steer(textAt(call, 'id'), action);
    return outcome === undefined ? accepted : answerOutcome(outcome);
  }
}
