import { answer, type FakeAnswer } from '../fake-answer.ts';
import { type FakeExchange } from '../fake-exchange.ts';

export function ping(exchange: FakeExchange): FakeAnswer {
  return answer(200, { 'Content-Length': '2', 'Content-Type': exchange.profile.errors.contentType }, '{}');
}
