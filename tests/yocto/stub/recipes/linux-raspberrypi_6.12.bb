SUMMARY = "What a kernel's recipe has that a fragment is added to"
LICENSE = "GPL-2.0-only"
SRC_URI = ""
