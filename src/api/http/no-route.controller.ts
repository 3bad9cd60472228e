import { All, Controller } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RequiresRole } from '../auth/requires-role.ts';
import { ApiError } from '../problem/api-error.ts';

/** Whatever no other controller answers: what there is, is told to callers who are known only. */
@ApiExcludeController()
@Controller()
@RequiresRole('viewer')
export class NoRouteController {
  @All('{*path}')
  refuse(): never {
    throw new ApiError('NOT_FOUND', 'nothing is at this path: GET /openapi.json lists what there is');
  }
}
