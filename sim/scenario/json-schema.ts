/**
 * The published JSON Schema of scenario files, for editors: made from the schema that loading uses.
 */
import {z} from 'zod';
import {scenarioFile} from './file-schema.ts';

export const SCENARIO_SCHEMA_FILE = 'docs/scenario.schema.json';

/** The text of {@link SCENARIO_SCHEMA_FILE}. */
export function scenarioSchemaText(): string {
  // What is said of the whole has to hold for an included part as well, so nothing at the top is
  // required.
  const {required: _required, ...schema} = z.toJSONSchema(scenarioFile, {
    io: 'input',
    reused: 'inline',
  });
  const head = {title: 'Drydock scenario', description: 'See docs/scenarios.md.'};
  return `${JSON.stringify({...schema, ...head}, null, 2)}\n`;
}
