/** The measured program of every scenario: prints what the meter has read. */
import {argv, stdout} from 'node:process';
import {demand} from '../bench.ts';
import type {Parameters} from './scenario.ts';
import {Meter} from './scenario.ts';
import {SCENARIOS} from './scenarios.ts';

const [, , name = '', text = '{}'] = argv;
const scenario = SCENARIOS.get(name);
demand(scenario !== undefined, () => `no scenario ${name}`);
const meter = new Meter();
scenario(JSON.parse(text) as Parameters, meter);
stdout.write(JSON.stringify(meter.report()));
