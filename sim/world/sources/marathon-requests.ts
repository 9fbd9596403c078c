/**
 * The requests that a scenario makes of Marathon, always with force: its author means what it says.
 */
import type {MarathonApp} from '../../scenario/schema.ts';

/** What `request` inputs for Marathon carry: see the engine's Marathon requests. */
export type AppRequest =
  | {readonly kind: 'appPut'; readonly app: MarathonApp; readonly force: true}
  | {
      readonly kind: 'appPatch';
      readonly appId: string;
      readonly patch: Readonly<Record<string, unknown>>;
      readonly force: true;
    }
  | {readonly kind: 'appRemove'; readonly appId: string; readonly force: true};

/** Creates the app or replaces it whole. */
export function putApp(app: MarathonApp): AppRequest {
  return {kind: 'appPut', app, force: true};
}

export function patchApp(appId: string, patch: Readonly<Record<string, unknown>>): AppRequest {
  return {kind: 'appPatch', appId, patch, force: true};
}

export function removeApp(appId: string): AppRequest {
  return {kind: 'appRemove', appId, force: true};
}

/** The app that a request is about, with its leading slash. */
export function appOf(request: AppRequest): string {
  const id = request.kind === 'appPut' ? request.app.id : request.appId;
  return id.startsWith('/') ? id : `/${id}`;
}

/** Whether a request changes more of an app than its size. */
export function isUpgrade(request: AppRequest): boolean {
  if (request.kind === 'appPut') return true;
  return (
    request.kind === 'appPatch' && Object.keys(request.patch).some((key) => key !== 'instances')
  );
}
