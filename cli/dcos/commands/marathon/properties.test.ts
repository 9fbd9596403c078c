import test from 'ava';
import {APP_FIELDS} from '../../../../engine/index.ts';
import {APP_PROPERTIES} from './properties.ts';

test("the names of an app's properties are those that the engine knows", (t) => {
  t.deepEqual([...APP_PROPERTIES].toSorted(), [...APP_FIELDS].toSorted());
});
