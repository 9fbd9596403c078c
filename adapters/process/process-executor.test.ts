import test from 'ava';
import {executorContract} from '../ports/testing/executor-contract.ts';
import {makeProcessBed} from './testing/process-bed.ts';

executorContract(test, 'plain processes', () => makeProcessBed(), {hasTerminals: true});
