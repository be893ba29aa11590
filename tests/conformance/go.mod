module netpoll.conformance

go 1.19

require (
	github.com/bytedance/gopkg v0.1.1
	github.com/cloudwego/netpoll v0.7.0
)

require github.com/cloudwego/gopkg v0.1.4 // indirect
