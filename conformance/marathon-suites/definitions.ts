/** Apps as the suites about changes write them: only what matters of each. */
import {normaliseApp, type App} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';

type Fields = Readonly<Record<string, unknown>>;

const PERSISTENT = [{containerPath: 'data', mode: 'RW', persistent: {size: 1}}];

/** The whole definition as it would be sent; `resident` stands for a persistent volume. */
export function bodyOf(id: string, {resident, ...fields}: Fields): Fields {
  return {
    id,
    ...(fields['args'] === undefined && {cmd: 'sleep 1000'}),
    ...fields,
    ...(resident === true && {container: {type: 'MESOS', volumes: PERSISTENT}}),
  };
}

/** An app as it is stored; undefined if it is refused. */
export function storedApp(id: string, fields: Fields): App | undefined {
  const config = {
    mesosBridgeName: 'mesos-bridge',
    defaultRole: 'web',
    enabledFeatures: ['gpu_resources'],
  };
  const read = normaliseApp(bodyOf(id, fields), config);
  if (!read.ok) return undefined;
  return {definition: read.value, version: 0, lastScalingAt: 0, lastConfigChangeAt: 0};
}

/** Where a case cannot go on without the app. */
export function requiredApp(id: string, fields: Fields): App {
  const app = storedApp(id, fields);
  if (app === undefined) throw new UnknownInCase(`the app ${id} is refused`);
  return app;
}
