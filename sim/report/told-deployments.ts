/** Which of many deployments a report tells one by one. */
import type {DeploymentResult} from '../result.ts';

/** In their order: those that did not succeed before others, and of equal ones the latest. */
export function toldDeployments(
  list: readonly DeploymentResult[],
  max: number,
): readonly DeploymentResult[] {
  if (list.length <= max) return list;
  const odd = list.filter(({outcome}) => outcome !== 'succeeded').slice(-max);
  const room = max - odd.length;
  const usual = list.filter(({outcome}) => outcome === 'succeeded');
  const told = new Set([...odd, ...usual.slice(usual.length - room)]);
  return list.filter((deployment) => told.has(deployment));
}
