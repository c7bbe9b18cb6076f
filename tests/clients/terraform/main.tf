terraform {
  backend "s3" {
    bucket         = "demo-logs"
    key            = "state"
    use_path_style = true
  }
}
