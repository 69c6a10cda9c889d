SUMMARY = "The head unit: its services, the instruments and the centre display"
DESCRIPTION = "Boots without a desktop into both screens, if each hangs on a display card of its own, or else into one; from a root that nothing writes to."
LICENSE = "MIT"

inherit core-image

IMAGE_FEATURES += "read-only-rootfs"
IMAGE_LINGUAS = ""
IMAGE_INSTALL = " \
    packagegroup-core-boot \
    packagegroup-tandem \
    kernel-modules \
"

# Where the data partition is mounted.
make_data_folder() {
    install -d ${IMAGE_ROOTFS}/data
}
ROOTFS_POSTPROCESS_COMMAND += "make_data_folder"
