import { All, Controller, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request } from 'express';
import { RequiresRole } from '../auth/requires-role.ts';
import { ApiError } from '../problem/api-error.ts';
import { methodsAt } from './methods-at.ts';

const EVERY_PATH = '{*path}';

/** Whatever no other controller answers: what there is, is told to callers who are known only. */
@ApiExcludeController()
@Controller()
@RequiresRole('viewer')
export class NoRouteController {
  @All(EVERY_PATH)
  refuse(@Req() request: Request): never {
    const methods = methodsAt(request, `/${EVERY_PATH}`);
    if (methods.length === 0)
      throw new ApiError('NOT_FOUND', 'nothing is at this path: GET /openapi.json lists what there is');
    const allowed = methods.join(', ');
    throw new ApiError('METHOD_NOT_ALLOWED', `this path takes ${allowed}`, { headers: { Allow: allowed } });
  }
}
