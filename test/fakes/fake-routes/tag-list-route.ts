import { answer, type FakeAnswer } from '../fake-answer.ts';
import { errorAnswer, refusalAnswer, sameDetail } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { isRefusal, type PageProblem, tagPage } from '../fake-page.ts';

export function listTags(exchange: FakeExchange): FakeAnswer {
  const { profile, query, repository, storage } = exchange;
  const held = storage.known(repository);
  const n = query.get('n');
  const request = {
    path: `/v2/${repository}/tags/list`,
    n: n === '' ? null : n,
    last: query.get(profile.tags.tokenParameter),
  };
  const page = tagPage([...(held?.tags.keys() ?? [])], request, profile.tags);
  if (typeof page === 'string' && page !== 'unknown-last') return pageProblem(exchange, page);
  if (held?.folders.has('tags') !== true) return unknownName(exchange);
  if (typeof page === 'string') return pageProblem(exchange, page);
  const link = page.next === null ? {} : { Link: `<${page.next}>; rel="next"` };
  const body = `${JSON.stringify({ name: repository, tags: page.entries })}\n`;
  return answer(200, { 'Content-Type': profile.errors.contentType, ...link }, body);
}

function pageProblem(exchange: FakeExchange, problem: PageProblem): FakeAnswer {
  const { errors, tags } = exchange.profile;
  switch (problem) {
    case 'odd-number':
      // Go's Atoi leaves 0 for a word and the number itself for a negative one.
      return errorAnswer(errors, {
        code: 'PAGINATION_NUMBER_INVALID',
        detail: sameDetail({ n: Number(exchange.query.get('n')) || 0 }),
      });
    case 'above-max':
      return isRefusal(tags.aboveMax) ? refusalAnswer(errors, tags.aboveMax) : unknownName(exchange);
    case 'unknown-last':
      // ECR calls it a bad parameter, zot an unknown name.
      return tags.paging === 'token'
        ? refusalAnswer(errors, {
            status: 405,
            form: 'json',
            code: 'UNSUPPORTED',
            message: 'Invalid next token',
          })
        : unknownName(exchange);
  }
}

export function unknownName(exchange: FakeExchange): FakeAnswer {
  return errorAnswer(exchange.profile.errors, {
    code: 'NAME_UNKNOWN',
    detail: sameDetail({ name: exchange.repository }),
  });
}
