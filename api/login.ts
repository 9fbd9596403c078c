/**
 * `POST /acs/api/v1/auth/login` (DC/OS reference 2.4): a client that found `oauthjwt` asks its user
 * for a token and shows it here. There are no users yet: what it gets back is the API token that it
 * showed.
 */
import type {HttpAnswer} from '../engine/index.ts';
import type {Exchange} from './http/exchange.ts';
import {readJsonText} from './http/read-body.ts';
import {sendAnswer} from './http/send.ts';
import type {Tokens} from './http/tokens.ts';

export const LOGIN_PATH = '/acs/api/v1/auth/login';

const BODY_BYTES_MAX = 64 * 1024;

export async function logIn(exchange: Exchange, tokens: Tokens): Promise<void> {
  const token = tokenOf(await readJsonText(exchange.raw, BODY_BYTES_MAX));
  await sendAnswer(exchange, answerTo(token, tokens));
}

function answerTo(token: string | undefined, tokens: Tokens): HttpAnswer {
  const headers = {'Content-Type': 'application/json', 'Cache-Control': 'no-store'};
  if (token === undefined) {
    const description = "Expected a JSON object with the field 'token'";
    return {
      status: 400,
      headers,
      body: {title: 'Bad Request', description, code: 'ERR_INVALID_DATA'},
    };
  }
  if (!tokens.has(token)) {
    const description = 'The token is none of the API tokens of this cluster';
    const code = 'ERR_INVALID_CREDENTIALS';
    return {status: 401, headers, body: {title: 'Unauthorized', description, code}};
  }
  return {status: 200, headers, body: {token}};
}

function tokenOf(text: string | undefined): string | undefined {
  try {
    const {token} = JSON.parse(text ?? '') as {readonly token?: unknown};
    return typeof token === 'string' ? token : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
