import { answer, type FakeAnswer } from '../fake-answer.ts';
import { errorAnswer, methodNotAllowed, notFoundPage } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { cleanPath, type FakeRouteName, type MatchedRoute } from '../fake-route-table.ts';
import { deleteBlob, readBlob } from './blob-route.ts';
import { listCatalog } from './catalog-route.ts';
import { deleteManifest, deleteTag } from './manifest-delete-route.ts';
import { readManifest } from './manifest-read-route.ts';
import { putManifest } from './manifest-write-route.ts';
import { ping } from './ping-route.ts';
import { listReferrers } from './referrers-route.ts';
import { listTags } from './tag-list-route.ts';
import { openUpload } from './upload-open-route.ts';
import { cancelUpload, commitUpload, patchUpload, uploadStatus } from './upload-session-route.ts';

type Route = (exchange: FakeExchange) => FakeAnswer | Promise<FakeAnswer>;

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const methods: Readonly<Record<Exclude<FakeRouteName, 'base'>, ReadonlyMap<string, Route>>> = {
  catalog: new Map([['GET', listCatalog]]),
  tags: new Map([['GET', listTags]]),
  manifest: new Map<string, Route>([
    ['GET', readManifest],
    ['HEAD', readManifest],
    ['PUT', putManifest],
    ['DELETE', (exchange) => (exchange.operation === 'delete-tag' ? deleteTag : deleteManifest)(exchange)],
  ]),
  referrers: new Map([['GET', listReferrers]]),
  blob: new Map<string, Route>([
    ['GET', readBlob],
    ['HEAD', readBlob],
    ['DELETE', deleteBlob],
  ]),
  uploads: uploadMethods(),
  upload: uploadMethods(),
};

function uploadMethods(): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ['GET', uploadStatus],
    ['HEAD', uploadStatus],
    ['POST', openUpload],
    ['PATCH', patchUpload],
    ['PUT', commitUpload],
    ['DELETE', cancelUpload],
  ]);
}

/** What the registry answers where no fault interferes. */
export async function answerRoute(
  matched: MatchedRoute | undefined,
  exchange: FakeExchange,
): Promise<FakeAnswer> {
  if (matched === undefined) return aroundTheApi(exchange);
  if (matched.repository.length > 255) return longName(exchange);
  // Distribution answers every method of the base route alike.
  if (matched.route === 'base') return ping(exchange);
  if (matched.route === 'referrers' && exchange.profile.referrers.api === 'absent') return notFoundPage();
  const offered = methodsOffered(matched.route, exchange);
  const route = offered.get(exchange.method);
  return route === undefined ? methodNotAllowed([...offered.keys()]) : route(exchange);
}

function methodsOffered(
  route: Exclude<FakeRouteName, 'base'>,
  exchange: FakeExchange,
): ReadonlyMap<string, Route> {
  if (exchange.profile.access === 'read-write') return methods[route];
  return new Map([...methods[route]].filter(([method]) => reads.has(method)));
}

/** The router's own answers: redirects to the cleaned path, and its 404 page. */
function aroundTheApi(exchange: FakeExchange): FakeAnswer {
  const [path = '', query] = exchange.target.split('?');
  const clean = cleanPath(path);
  const suffix = query === undefined ? '' : `?${query}`;
  if (clean !== path) return answer(301, { Location: `${clean}${suffix}`, 'Content-Length': '0' });
  if (path !== '/v2') return notFoundPage();
  const page = '<a href="/v2/">Moved Permanently</a>.\n\n';
  return answer(301, { 'Content-Type': 'text/html; charset=utf-8', Location: `/v2/${suffix}` }, page);
}

/** 500 for a name above 255 characters; 3.1.1 even writes its error twice. */
function longName(exchange: FakeExchange): FakeAnswer {
  const { errors } = exchange.profile;
  const reason = 'repository name must not be more than 255 characters';
  const refused = errorAnswer(errors, {
    code: 'UNKNOWN',
    detail: {
      structure: { Name: exchange.repository, Reason: {} },
      text: `repository name "${exchange.repository}" invalid: ${reason}`,
    },
  });
  if (errors.detail === 'structure') return refused;
  const text = Buffer.concat([...refused.body.read(0, refused.body.sizeBytes)]).toString();
  return answer(refused.status, { 'Content-Type': errors.contentType }, text + text);
}
