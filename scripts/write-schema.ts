/** Writes docs/scenario.schema.json anew: `node scripts/write-schema.ts`. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {SCENARIO_SCHEMA_FILE, scenarioSchemaText} from '../sim/scenario/json-schema.ts';

writeFileSync(join(import.meta.dirname, '..', SCENARIO_SCHEMA_FILE), scenarioSchemaText());
