SUMMARY = "Noto Sans CJK, the Chinese letters of Tandem's screens"
DESCRIPTION = "The same files as in Debian 12. The screens ask for it by name: Source Han Sans has the same shapes under another one."
HOMEPAGE = "https://github.com/notofonts/noto-cjk"
SECTION = "fonts"
LICENSE = "OFL-1.1"
LIC_FILES_CHKSUM = "file://usr/share/doc/fonts-noto-cjk/copyright;md5=c3187e1fb9101ede7d992a930463cc48"

SRC_URI = "${DEBIAN_MIRROR}/main/f/fonts-noto-cjk/fonts-noto-cjk_20220127+repack1-1_all.deb"
SRC_URI[sha256sum] = "4a2515eb6db3978b897fef9709ed0d2b1f4c6c4df4d83d6c4ef65f71f1b1f502"
S = "${UNPACKDIR}"

inherit allarch fontcache

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${datadir}/fonts/opentype/noto
    install -m 0644 ${S}/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ${D}${datadir}/fonts/opentype/noto/
    install -m 0644 ${S}/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc ${D}${datadir}/fonts/opentype/noto/
}

FILES:${PN} = "${datadir}/fonts"
