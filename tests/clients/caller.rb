# Ask the AWS SDK for Ruby who it is, with whatever credentials its own chain finds.
require "aws-sdk-core"

client = Aws::STS::Client.new(endpoint: ENV.fetch("AWS_ENDPOINT_URL"), retry_limit: 0)
puts client.get_caller_identity.arn
