import { E } from '../../protocol/errors.ts';
import { describeAcls } from '../../protocol/messages/029-describe-acls.ts';
import { handler } from '../requests/handler.ts';

/** Access rules need an authorizer, and none is configured (DescribeAcls; KIP-140). */
export const handleDescribeAcls = handler(describeAcls, () => ({
  errorCode: E.SECURITY_DISABLED.code,
  errorMessage: 'No Authorizer is configured on the broker',
  resources: [],
}));
