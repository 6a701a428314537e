module rekor-rotate/launcher

go 1.25.11
