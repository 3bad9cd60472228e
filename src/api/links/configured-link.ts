import type { LinkConfiguration } from '../../config/configuration.ts';
import type { LiveConfiguration } from '../../config/live-configuration.ts';
import type { NamedLink } from '../../state/views/link-view.store.ts';
import { ApiError } from '../problem/api-error.ts';

/** The link of this name. @throws {ApiError} `NOT_FOUND`. */
export function configuredLink(configuration: LiveConfiguration, name: string): LinkConfiguration {
  const link = configuration.link(name);
  if (link === undefined)
    throw new ApiError(
      'NOT_FOUND',
      'there is no such link: GET /api/v1/links lists those that are configured',
    );
  return link;
}

/** The names by which rows know a link. */
export function namedLink({ name, secondaries }: LinkConfiguration): NamedLink {
  return { link: name, secondaries: secondaries.map((secondary) => secondary.name) };
}
