import { config, digestOf, emptyIndex, layer, mediaTypes } from '../contract-content.ts';
import { type ContractChapter, recall, rememberPath } from '../contract-step.ts';
import { manifestStep, uploadSteps } from './seed-steps.ts';
import { deleteManifest, get } from './wire-requests.ts';

const repository = 'tags/app';
const tagged = (tag: string) => manifestStep(repository, tag, emptyIndex, mediaTypes.ociIndex);
const list = (query = '') => get(`/v2/${repository}/tags/list${query}`);

/** Tag lists, whole and in pages. */
export const tagListChapter: ContractChapter = {
  title: 'tag lists',
  steps: [
    {
      title: 'does not know a repository that nobody wrote to',
      send: get('/v2/tags/nobody/tags/list'),
      expected: { status: 404, type: 'json', codes: ['NAME_UNKNOWN'] },
    },
    ...uploadSteps('tags/blobs-only', 'the layer', layer),
    {
      title: 'does not know the tags of a repository that holds only blobs',
      send: get('/v2/tags/blobs-only/tags/list'),
      expected: { status: 404, type: 'json', codes: ['NAME_UNKNOWN'] },
    },
    manifestStep('tags/untagged', digestOf(emptyIndex), emptyIndex, mediaTypes.ociIndex),
    {
      title: 'does not know the tags of a repository that holds only untagged manifests',
      send: get('/v2/tags/untagged/tags/list'),
      expected: { status: 404, type: 'json', codes: ['NAME_UNKNOWN'] },
    },
    ...uploadSteps(repository, 'the config', config),
    ...['v1', 'V1', 'v10', 'v2', '_x', '__proto__', '1.0', 'a.b-c_d'].map(tagged),
    {
      title: 'lists every tag, whatever its case and name',
      send: list(),
      expected: (flavour) => flavour.tagsAll,
    },
    {
      title: 'answers a first page of three',
      send: list('?n=3'),
      remember: rememberPath('link', 'tags page'),
      expected: (flavour) => flavour.tagsFirst,
    },
    {
      title: 'answers the page that the link names',
      send: (memory) => get(recall(memory, 'tags page') || `/v2/${repository}/tags/list?n=3&last=V1`),
      expected: (flavour) => flavour.tagsNext,
    },
    {
      title: 'answers a page after a tag that does not exist',
      send: list('?n=3&last=b'),
      expected: (flavour) => flavour.tagsAfterAbsent,
    },
    {
      title: 'answers a page after the last tag',
      send: list('?n=3&last=v2'),
      expected: (flavour) => flavour.tagsPastEnd,
    },
    { title: 'answers last without n', send: list('?last=v1'), expected: (flavour) => flavour.tagsLast },
    {
      title: 'answers a page that ends with the last tag',
      send: list('?n=8'),
      expected: (flavour) => flavour.tagsExact,
    },
    { title: 'answers n=0', send: list('?n=0'), expected: (flavour) => flavour.tagsZero },
    { title: 'answers a negative n', send: list('?n=-1'), expected: (flavour) => flavour.tagsNegative },
    {
      title: 'answers an n that is no number',
      send: list('?n=many'),
      expected: (flavour) => flavour.tagsWord,
    },
    { title: 'answers n=5000', send: list('?n=5000'), expected: (flavour) => flavour.tagsFiveThousand },
    {
      title: 'deletes the manifest of every tag',
      send: deleteManifest(repository, digestOf(emptyIndex)),
      expected: { status: 202 },
    },
    {
      title: 'lists no tags when all are deleted',
      send: list(),
      expected: {
        status: 200,
        type: 'json',
        headers: { link: null },
        json: { name: 'tags/app', tags: null },
      },
    },
  ],
};
