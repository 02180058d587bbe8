import { api, array, errorCode, int32, int8, string } from '../schema.ts';

/** Creates access rules. 1 prefixed patterns (KIP-290); 3 user resources (KIP-373). */
export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: '1-3',
  flexible: '2+',
  request: {
    creations: array({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: errorCode(),
      errorMessage: string({ nullable: '0+' }),
    }),
  },
});
