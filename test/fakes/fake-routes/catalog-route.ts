import { answer, type FakeAnswer } from '../fake-answer.ts';
import { errorAnswer, refusalAnswer, sameDetail } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { comparePaths, linkTarget, pageSizeOf } from '../fake-page.ts';

export function listCatalog(exchange: FakeExchange): FakeAnswer {
  const { catalog, errors } = exchange.profile;
  if (catalog.availability !== 'served') return refusalAnswer(errors, catalog.availability);
  const n = exchange.query.get('n') ?? '';
  const asked = n === '' ? catalog.defaultPage : pageSizeOf(n);
  if (asked === null && catalog.oddNumber === 'refused') {
    return errorAnswer(errors, { code: 'PAGINATION_NUMBER_INVALID', detail: sameDetail({ n }) });
  }
  if (asked !== null && asked > catalog.maxPage) {
    return errorAnswer(errors, { code: 'PAGINATION_NUMBER_INVALID', detail: sameDetail({ n: asked }) });
  }
  return catalogPage(exchange, asked ?? catalog.defaultPage);
}

function catalogPage(exchange: FakeExchange, size: number): FakeAnswer {
  const { catalog, errors } = exchange.profile;
  const last = exchange.query.get('last') ?? '';
  const directories = exchange.storage
    .repositories()
    .filter((name) => comparePaths(last, name) < 0 && exchange.isVisible(name))
    .sort(comparePaths);
  const isListed = (name: string): boolean => exchange.storage.repository(name).folders.has(catalog.lists);
  const repositories = directories.filter(isListed).slice(0, size);
  const end = repositories.at(-1);
  // The walk stops at the first directory behind a full page, whether that one would be listed or not.
  const isFull = end !== undefined && repositories.length === size && directories.at(-1) !== end;
  const link = isFull ? { Link: `<${linkTarget('/v2/_catalog', size, end)}>; rel="next"` } : {};
  const body = `${JSON.stringify({ repositories })}\n`;
  return answer(200, { 'Content-Type': errors.contentType, ...link }, body);
}
