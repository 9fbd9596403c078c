/** /v2/pods: there are none, and clients that ask whether there can be are told (part 2.7). */
import {notFound} from '../../http/answers.ts';
import type {Method, Route} from '../../http/routes.ts';

const METHODS: readonly Method[] = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'];

/** 404, as from a Marathon before 1.4: clients take it for one without pods. */
export const POD_ROUTES: readonly Route[] = METHODS.flatMap((method) =>
  ['/v2/pods/{rest*}', '/v2/pods::status'].map((pattern): Route => [
    method,
    pattern,
    () => notFound('Pods are not supported; use /v2/apps'),
  ]),
);
