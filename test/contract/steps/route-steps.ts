import { emptyDescriptorBlob } from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { get } from './wire-requests.ts';

const longName = 'n'.repeat(300);

/** What lies around the API: the base route, unknown paths, invalid names. */
export const routeChapter: ContractChapter = {
  title: 'routes',
  steps: [
    {
      title: 'answers the base route',
      send: get('/v2/'),
      expected: { status: 200, type: 'json', body: emptyDescriptorBlob },
    },
    {
      title: 'answers HEAD of the base route',
      send: { method: 'HEAD', path: '/v2/' },
      expected: { status: 200, type: 'json', length: 2, digest: null },
    },
    {
      title: 'redirects the base route without its slash',
      send: get('/v2'),
      expected: { status: 301, headers: { location: '/v2/' } },
    },
    {
      title: 'answers POST to the base route as it answers GET',
      send: { method: 'POST', path: '/v2/', body: Buffer.alloc(0) },
      expected: { status: 200, type: 'json', body: emptyDescriptorBlob },
    },
    {
      title: 'has a page for a path that is no route',
      send: get('/v2/nowhere'),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'has a page for a path outside the API',
      send: get('/elsewhere'),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'has no route for an upper case name',
      send: get('/v2/Upper/tags/list'),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'redirects a name with a double slash',
      send: get('/v2/a//b/tags/list'),
      expected: { status: 301, headers: { location: '/v2/a/b/tags/list' } },
    },
    {
      title: 'redirects a name with dots',
      send: get('/v2/a/../b/tags/list'),
      expected: { status: 301, headers: { location: '/v2/b/tags/list' } },
    },
    {
      title: 'refuses a name of 300 characters',
      send: get(`/v2/${longName}/tags/list`),
      expected: (flavour) => flavour.longName,
    },
    {
      title: 'has no route for a tag of 129 characters',
      send: get(`/v2/routes/app/manifests/${'t'.repeat(129)}`),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'has no route for a tag with a plus sign',
      send: get('/v2/routes/app/manifests/a+b'),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'has no route for a tag that starts with a dot',
      send: get('/v2/routes/app/manifests/.x'),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'refuses a method that no manifest route has',
      send: { method: 'POST', path: '/v2/routes/app/manifests/v1', body: Buffer.alloc(0) },
      expected: {
        status: 405,
        type: 'text/plain; charset=utf-8',
        headers: { allow: 'DELETE, GET, HEAD, PUT' },
        text: 'Method not allowed\n',
      },
    },
    {
      title: 'refuses DELETE of a tag list',
      send: { method: 'DELETE', path: '/v2/routes/app/tags/list' },
      expected: {
        status: 405,
        type: 'text/plain; charset=utf-8',
        headers: { allow: 'GET' },
        text: 'Method not allowed\n',
      },
    },
  ],
};
