// Ask the AWS SDK for Go v2 who it is, with whatever credentials its own chain finds.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
)

const body = "Action=GetCallerIdentity&Version=2011-06-15"

func ask() (string, error) {
	ctx := context.Background()
	chain, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", err
	}
	credentials, err := chain.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequest("POST", os.Getenv("AWS_ENDPOINT_URL")+"/", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	digest := sha256.Sum256([]byte(body))
	err = signer.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(digest[:]), "sts", os.Getenv("AWS_REGION"), time.Now())
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	arn := regexp.MustCompile("<Arn>(.*)</Arn>").FindSubmatch(text)
	if arn == nil {
		return "", fmt.Errorf("%s: %s", answer.Status, text)
	}
	return string(arn[1]), nil
}

func main() {
	arn, err := ask()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(arn)
}
