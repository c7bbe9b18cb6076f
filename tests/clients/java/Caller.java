// Ask the AWS SDK for Java v2 who it is, with whatever credentials its own chain finds.

import java.net.URI;
import software.amazon.awssdk.services.sts.StsClient;

public final class Caller {
    public static void main(String[] words) {
        URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
        try (StsClient sts = StsClient.builder().endpointOverride(endpoint).build()) {
            System.out.println(sts.getCallerIdentity().arn());
        }
    }
}
