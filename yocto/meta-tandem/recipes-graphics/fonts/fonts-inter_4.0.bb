SUMMARY = "Inter, the letters of Tandem's screens"
DESCRIPTION = "The same files as in Debian 12, where the screens' pictures are held against kept ones."
HOMEPAGE = "https://rsms.me/inter/"
SECTION = "fonts"
LICENSE = "OFL-1.1"
LIC_FILES_CHKSUM = "file://usr/share/doc/fonts-inter/copyright;md5=83c1c5b9e8d1090668d49ea9691918ec"

SRC_URI = "${DEBIAN_MIRROR}/main/f/fonts-inter/fonts-inter_4.0~beta7+ds-1_all.deb"
SRC_URI[sha256sum] = "6afd9014550e04b58bccf64b94f92ae1dbfd8018489b92de835408970234c24c"
S = "${UNPACKDIR}"

inherit allarch fontcache

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${datadir}/fonts/opentype/inter
    install -m 0644 ${S}/usr/share/fonts/opentype/inter/*.otf ${D}${datadir}/fonts/opentype/inter/
}

FILES:${PN} = "${datadir}/fonts"
