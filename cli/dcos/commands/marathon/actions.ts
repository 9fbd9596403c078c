/** What deployments do, in the words of the tables of DC/OS. */
import type {DeploymentAction} from './forms.ts';

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ResolveArtifacts', 'artifacts'],
  ['ScaleApplication', 'scale'],
  ['StartApplication', 'start'],
  ['StopApplication', 'stop'],
  ['RestartApplication', 'restart'],
  ['ScalePod', 'scale'],
  ['StartPod', 'start'],
  ['StopPod', 'stop'],
  ['RestartPod', 'restart'],
  ['KillAllOldTasksOf', 'kill-tasks'],
]);

/** One that nobody knows is told by its own name. */
export function actionWord(action: string): string {
  return WORDS.get(action) ?? action;
}

/** `scale`, or `scale /a` where there are several things to tell apart. */
export function actionTexts(actions: readonly DeploymentAction[]): readonly string[] {
  const ids = new Set(actions.map(({app, pod}) => app ?? pod));
  return actions.map(({action, app, pod}) => {
    const word = actionWord(action);
    return ids.size > 1 ? `${word} ${app ?? pod ?? 'N/A'}` : word;
  });
}
