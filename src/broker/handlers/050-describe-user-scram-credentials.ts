import { describeScram } from '../../controller/scram-credentials.ts';
import { E } from '../../protocol/errors.ts';
import { describeUserScramCredentials } from '../../protocol/messages/050-describe-user-scram-credentials.ts';
import { handler } from '../requests/handler.ts';

/** Which users have SCRAM credentials, without the secrets (DescribeUserScramCredentials; KIP-554). */
export const handleDescribeUserScramCredentials = handler(
  describeUserScramCredentials,
  ({ users }, _context, broker) => ({
    errorCode: E.NONE.code,
    errorMessage: '',
    results: describeScram(broker.image(), users?.map(({ name }) => name) ?? null).map(
      ({ user, error, message, credentials }) => ({
        user,
        errorCode: error.code,
        // The field's default: empty, not null.
        errorMessage: message ?? '',
        credentialInfos: credentials,
      }),
    ),
  }),
);
