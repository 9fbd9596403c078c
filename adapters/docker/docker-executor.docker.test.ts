import test from 'ava';
import {executorContract} from '../ports/testing/executor-contract.ts';
import {makeDockerBed} from './testing/docker-bed.ts';

executorContract(test.serial, 'Docker', () => makeDockerBed(), {hasTerminals: true});
