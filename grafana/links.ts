import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DashboardLink,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';

/** The dashboards by the names that addresses know. */
export const UID = {
  overview: 'geo-reconciler-overview',
  link: 'geo-reconciler-link',
  registries: 'geo-reconciler-registries',
  service: 'geo-reconciler-service',
} as const;

/** All dashboards have it, so that each can list the others. */
export const TAG = 'geo-reconciler';

/** The SDK puts every link into a menu unless it is taken out again; of links of panels Grafana knows no place at all. */
class LinkBuilder extends DashboardLinkBuilder {
  override build(): DashboardLink {
    const { placement: _placement, ...link } = super.build();
    return link;
  }
}

/** A value of the row (`${__data.fields.…}`) or the series (`${__field.labels.…}`) that was clicked on, ready for an address. */
export type Clicked = (name: string) => string;

export const OF_SERIES: Clicked = (name) => `\${__field.labels.${name}:percentencode}`;
export const OF_ROW: Clicked = (name) => `\${__data.fields.${name}:percentencode}`;

/** To the same link, secondary and time on the dashboard that has the details. */
export function toLinkDetail(clicked: Clicked): Builder<DashboardLink> {
  const chosen = `var-link=${clicked('link')}&var-secondary=${clicked('secondary')}`;
  return toDashboard('Details of this link', UID.link, chosen);
}

export function toRegistry(registry: string): Builder<DashboardLink> {
  return toDashboard('Requests to this registry', UID.registries, `var-registry=${registry}`);
}

/** To what the service itself says, in its API; `path` is below `/api/v1`. */
export function toApi(title: string, path: string): Builder<DashboardLink> {
  return new LinkBuilder(title).url(`\${api:raw}/api/v1${path}`).targetBlank(true);
}

/** The links at the top of every dashboard. */
export function linksOfDashboard(): readonly Builder<DashboardLink>[] {
  return [
    new LinkBuilder('geo-reconciler')
      .type(DashboardLinkType.Dashboards)
      .tags([TAG])
      .includeVars(true)
      .keepTime(true),
    new LinkBuilder('API')
      .type(DashboardLinkType.Link)
      .icon('doc')
      .tooltip('The API of the service, with a page to try it')
      .url('${api:raw}/docs')
      .targetBlank(true),
  ];
}

function toDashboard(title: string, uid: string, chosen: string): Builder<DashboardLink> {
  const kept = 'var-prometheus=${prometheus:percentencode}&var-job=${job:percentencode}&${__url_time_range}';
  return new LinkBuilder(title).url(`/d/${uid}?${chosen}&${kept}`);
}
