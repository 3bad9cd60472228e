import type { ServerConfiguration } from '../config/configuration.ts';
import type { CycleReport, HeldPlanNote } from '../planning/cycle-report.ts';
import { plural } from './report-verdict.ts';
import { textCell } from './text-cell.ts';

/** The service that takes approvals, as its configuration says. */
export interface ApprovalPlace {
  readonly url: string;
  readonly access: 'token' | 'open';
}

export function approvalPlaceOf({ host, port, tokens }: ServerConfiguration): ApprovalPlace {
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${port}`, access: tokens.length > 0 ? 'token' : 'open' };
}

/** What waits for an approver, each with the command that lets it go; none: no lines. */
export function heldPlanLines(report: CycleReport, place: ApprovalPlace): string[] {
  const lines = report.links.flatMap(({ secondary, repositories }) =>
    repositories.flatMap(({ secondaryRepository, heldPlan }) =>
      heldPlan === undefined
        ? []
        : [
            `  ${textCell(secondaryRepository)} on ${textCell(secondary)}: ${plural(heldPlan.tags, 'tag')}, plan ${heldPlan.hash}`,
            `      ${whatToDo(heldPlan, place)}`,
          ],
    ),
  );
  return lines.length === 0 ? [] : ['held deletions', ...lines];
}

function whatToDo({ hash, state }: HeldPlanNote, { url, access }: ApprovalPlace): string {
  const header = access === 'token' ? ' -H "Authorization: Bearer $TOKEN"' : '';
  const command = `curl -X POST${header} ${url}/api/v1/deletions/${hash}/approve`;
  switch (state) {
    case 'recorded':
      return command;
    case 'rejected':
      return `rejected; to let it go all the same: ${command}`;
    case 'unrecorded':
      return `once a sync has written it down: ${command}`;
  }
}
