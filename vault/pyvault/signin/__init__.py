"""Turn temporary credentials into a console session in a browser.

``links`` builds the URLs and is pure; ``token`` makes the one request.
Source: AWS IAM User Guide, "Enable custom identity broker access to the AWS console".
"""
