import { type Refusal } from './fake-errors.ts';

/** Constructors of the refusals that profiles are made of. */

export const json = (status: number, code: string, message?: string): Refusal => ({
  status,
  form: 'json',
  code,
  ...(message === undefined ? {} : { message }),
});
export const plain = (status: number, text: string): Refusal => ({ status, form: 'plain', code: text });

export const unsupported = json(405, 'UNSUPPORTED', 'The operation is unsupported.');
