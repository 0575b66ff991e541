"""The data registry (address, size, sha256, licence) and the downloader that brings it to your machine."""
