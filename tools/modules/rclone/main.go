// Command rclone has what of rclone fetches models from S3: its sync and its check, and no other backends.
package main

import (
	_ "github.com/rclone/rclone/backend/local"
	_ "github.com/rclone/rclone/backend/s3"
	"github.com/rclone/rclone/cmd"
	_ "github.com/rclone/rclone/cmd/check"
	_ "github.com/rclone/rclone/cmd/sync"
)

func main() {
	cmd.Main()
}
