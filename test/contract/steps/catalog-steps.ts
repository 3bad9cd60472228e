import { digestOf, emptyIndex, mediaTypes, otherLayer } from '../contract-content.ts';
import { type ContractChapter, type ContractStep, recall, rememberPath } from '../contract-step.ts';
import { manifestStep, uploadSteps } from './seed-steps.ts';
import { deleteManifest, get } from './wire-requests.ts';

const repository = (name: string): readonly ContractStep[] => [
  ...uploadSteps(name, 'the layer', otherLayer),
  manifestStep(name, 'v1', emptyIndex, mediaTypes.ociIndex),
];

/** The catalog. Runs first, on an empty registry. */
export const catalogChapter: ContractChapter = {
  title: 'catalog',
  steps: [
    {
      title: 'lists nothing on a new registry',
      send: get('/v2/_catalog'),
      expected: { status: 200, type: 'json', headers: { link: null }, json: { repositories: [] } },
    },
    ...repository('catalog/b'),
    ...repository('catalog/a'),
    ...repository('catalog/a/nested'),
    ...repository('catalog/a-b'),
    {
      title: 'lists nested repositories right after their parent',
      send: get('/v2/_catalog'),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: null },
        json: { repositories: ['catalog/a', 'catalog/a/nested', 'catalog/a-b', 'catalog/b'] },
      },
    },
    {
      title: 'gives the first page of two',
      send: get('/v2/_catalog?n=2'),
      remember: rememberPath('link', 'catalog page'),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: '</v2/_catalog?last=catalog%2Fa%2Fnested&n=2>; rel="next"' },
        json: { repositories: ['catalog/a', 'catalog/a/nested'] },
      },
    },
    {
      title: 'gives the page that the link names',
      send: (memory) => get(recall(memory, 'catalog page')),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: null },
        json: { repositories: ['catalog/a-b', 'catalog/b'] },
      },
    },
    {
      title: 'gives the page after an entry that does not exist',
      send: get('/v2/_catalog?n=2&last=catalog/a-a'),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: null },
        json: { repositories: ['catalog/a-b', 'catalog/b'] },
      },
    },
    {
      title: 'answers a page that ends with the last entry',
      send: get('/v2/_catalog?n=4'),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: null },
        json: { repositories: ['catalog/a', 'catalog/a/nested', 'catalog/a-b', 'catalog/b'] },
      },
    },
    {
      title: 'gives an empty page after the last entry',
      send: get('/v2/_catalog?n=2&last=catalog/b'),
      expected: { status: 200, type: 'json', headers: { link: null }, json: { repositories: [] } },
    },
    {
      title: 'gives an empty page for n=0',
      send: get('/v2/_catalog?n=0'),
      expected: { status: 200, type: 'json', headers: { link: null }, json: { repositories: [] } },
    },
    {
      title: 'takes n=1000',
      send: get('/v2/_catalog?n=1000'),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: null },
        json: { repositories: ['catalog/a', 'catalog/a/nested', 'catalog/a-b', 'catalog/b'] },
      },
    },
    {
      title: 'refuses n=1001',
      send: get('/v2/_catalog?n=1001'),
      expected: { status: 400, type: 'json', codes: ['PAGINATION_NUMBER_INVALID'] },
    },
    {
      title: 'answers a negative n',
      send: get('/v2/_catalog?n=-1'),
      expected: (flavour) => flavour.catalogNegative,
    },
    {
      title: 'answers an n that is no number',
      send: get('/v2/_catalog?n=many'),
      expected: (flavour) => flavour.catalogWord,
    },
    ...uploadSteps('catalog/c-blobs-only', 'the layer', otherLayer),
    manifestStep('catalog/c-manifests-only', 'v1', emptyIndex, mediaTypes.ociIndex),
    {
      title: 'answers with or without repositories of only blobs or only manifests',
      send: get('/v2/_catalog?last=catalog/b'),
      expected: (flavour) => flavour.catalogHalves,
    },
    {
      title: 'empties a repository',
      send: deleteManifest('catalog/b', digestOf(emptyIndex)),
      expected: { status: 202 },
    },
    {
      title: 'lists a repository whose last tag was deleted',
      send: get('/v2/_catalog?n=1&last=catalog/a-b'),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: '</v2/_catalog?last=catalog%2Fb&n=1>; rel="next"' },
        json: { repositories: ['catalog/b'] },
      },
    },
  ],
};
