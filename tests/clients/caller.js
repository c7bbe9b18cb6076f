// Ask the AWS SDK for JavaScript v3 who it is, with whatever credentials its own chain finds.
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");

new STSClient({ maxAttempts: 1 }).send(new GetCallerIdentityCommand({})).then(
  (caller) => console.log(caller.Arn),
  (error) => { console.error(error.name, error.message); process.exitCode = 1; },
);
