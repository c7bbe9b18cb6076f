// Ask the AWS SDK for Go v1 who it is, with whatever credentials its own chain finds.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
)

func main() {
	chain, err := session.NewSession(&aws.Config{MaxRetries: aws.Int(0)})
	if err == nil {
		var caller *sts.GetCallerIdentityOutput
		client := sts.New(chain, &aws.Config{Endpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL"))})
		if caller, err = client.GetCallerIdentity(nil); err == nil {
			fmt.Println(*caller.Arn)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
