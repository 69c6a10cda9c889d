SUMMARY = "Tandem, a car head unit"
DESCRIPTION = "One Cargo workspace: the services between a car's buses and D-Bus, two screens, the command line, and a virtual car. A package for each program, with its unit and what it may say on the bus."
SECTION = "automotive"
CVE_PRODUCT = "tandem"

# Our files are MIT or Apache-2.0. What links Slint is GPL-3.0-only as a whole; which packages those are stands with each below.
LICENSE = "(MIT | Apache-2.0) & GPL-3.0-only"
LIC_FILES_CHKSUM = " \
    file://LICENSE-MIT;md5=ddf123cbde1f1db67989f072575fc202 \
    file://LICENSE-APACHE;md5=22a53954e4e0ec258dfce4391e905dac \
    file://${COMMON_LICENSE_DIR}/GPL-3.0-only;md5=c79ff39f19dfec6d293b95dea7b07891 \
"

# What the screens and the player link. SQLite and ring bring their C along.
DEPENDS = " \
    fontconfig \
    freetype \
    glib-2.0 \
    gstreamer1.0 \
    gstreamer1.0-plugins-base \
    virtual/libgbm \
"

SRC_URI = " \
    file://80-tandem-can.network \
    file://80-tandem-canfd.network \
"
# Made from Cargo.lock by `cargo xtask yocto crates`.
require ${BPN}-crates.inc

inherit cargo externalsrc features_check pkgconfig systemd useradd

# The checkout around this layer: units and policies are the ones that every other image has.
EXTERNALSRC = "${TANDEM_SOURCE}"
EXTERNALSRC_SYMLINKS = ""

REQUIRED_DISTRO_FEATURES = "opengl systemd"

TANDEM_CRATES = " \
    tandem \
    tandem-centre \
    tandem-cluster \
    tandem-lifecycle \
    tandem-media \
    tandem-panel \
    tandem-phone-link \
    tandem-phone-sim \
    tandem-player \
    tandem-settings \
    tandem-sim \
    tandem-vehicle \
"
CARGO_BUILD_FLAGS:append = " --bins ${@' '.join('--package ' + crate for crate in d.getVar('TANDEM_CRATES').split())}"

TANDEM_DIST = " \
    hmi/centre/dist \
    hmi/cluster/dist \
    media/service/dist \
    phone-link/service/dist \
    services/cli/dist \
    services/lifecycle/dist \
    services/policy/dist \
    services/settings/dist \
    services/vehicle/dist \
"

do_install:append() {
    install -d ${D}${systemd_system_unitdir}/tandem-.service.d ${D}${systemd_system_unitdir}/tandem-media.service.d
    install -d ${D}${nonarch_libdir}/sysusers.d ${D}${nonarch_libdir}/tmpfiles.d ${D}${nonarch_libdir}/sysctl.d ${D}${nonarch_libdir}/udev/rules.d
    install -d ${D}${systemd_unitdir}/journald.conf.d ${D}${systemd_unitdir}/system.conf.d ${D}${systemd_unitdir}/network ${D}${datadir}/dbus-1/system.d ${D}${sysconfdir}/tandem ${D}${datadir}/tandem

    for dist in ${TANDEM_DIST}; do
        for file in ${S}/$dist/*; do
            name=$(basename $file)
            case $name in
            *.service | *.target) install -m 0644 $file ${D}${systemd_system_unitdir}/ ;;
            *.service.d) install -m 0644 $file/*.conf ${D}${systemd_system_unitdir}/$name/ ;;
            *.sysusers) install -m 0644 $file ${D}${nonarch_libdir}/sysusers.d/${name%.sysusers}.conf ;;
            *.tmpfiles) install -m 0644 $file ${D}${nonarch_libdir}/tmpfiles.d/${name%.tmpfiles}.conf ;;
            *.sysctl) install -m 0644 $file ${D}${nonarch_libdir}/sysctl.d/50-${name%.sysctl}.conf ;;
            *.rules) install -m 0644 $file ${D}${nonarch_libdir}/udev/rules.d/ ;;
            *.journald) install -m 0644 $file ${D}${systemd_unitdir}/journald.conf.d/${name%.journald}.conf ;;
            *.manager) install -m 0644 $file ${D}${systemd_unitdir}/system.conf.d/${name%.manager}.conf ;;
            *.env) install -m 0644 $file ${D}${sysconfdir}/tandem/ ;;
            # Not for every machine: see the file itself.
            tandem-media-devices.conf) ;;
            tandem-media-pipewire.conf) install -m 0644 $file ${D}${systemd_system_unitdir}/tandem-media.service.d/pipewire.conf ;;
            *.conf) install -m 0644 $file ${D}${datadir}/dbus-1/system.d/ ;;
            *) bbfatal "$dist/$name: nobody said where it goes" ;;
            esac
        done
    done
    install -m 0644 ${UNPACKDIR}/80-tandem-can.network ${UNPACKDIR}/80-tandem-canfd.network ${D}${systemd_unitdir}/network/

    for asset in cars music phones regions vss; do
        cp -R --no-dereference --no-preserve=ownership ${S}/assets/$asset ${D}${datadir}/tandem/
    done
}

# The release profile strips: there is nothing to split off for a debugger.
# nooelint: oelint.vars.insaneskip
INSANE_SKIP:${PN} += "already-stripped"

PACKAGE_BEFORE_PN = " \
    ${PN}-base \
    ${PN}-cars \
    ${PN}-centre \
    ${PN}-cli \
    ${PN}-cluster \
    ${PN}-lifecycle \
    ${PN}-media \
    ${PN}-panel \
    ${PN}-phone-link \
    ${PN}-settings \
    ${PN}-simulator \
    ${PN}-vehicle \
"

SYSTEMD_PACKAGES = " \
    ${PN}-base \
    ${PN}-centre \
    ${PN}-cluster \
    ${PN}-lifecycle \
    ${PN}-media \
    ${PN}-phone-link \
    ${PN}-settings \
    ${PN}-vehicle \
"
USERADD_PACKAGES = "${PN}-base"

SUMMARY:${PN}-base = "What every part has: its account, its sandbox, and the target of a car"
LICENSE:${PN}-base = "MIT | Apache-2.0"
FILES:${PN}-base = " \
    ${nonarch_libdir}/sysusers.d/tandem.conf \
    ${nonarch_libdir}/tmpfiles.d/tandem.conf \
    ${systemd_system_unitdir}/tandem-.service.d \
    ${systemd_unitdir}/journald.conf.d/tandem.conf \
    ${systemd_unitdir}/system.conf.d/tandem.conf \
"
RDEPENDS:${PN}-base = "dbus"
SYSTEMD_SERVICE:${PN}-base = "state.service tandem.target"
# On a root that nothing writes to, accounts come with the image. They are those of services/policy/dist/tandem.sysusers.
GROUPADD_PARAM:${PN}-base = "--system tandem"
TANDEM_ACCOUNT = "--system --no-create-home --home-dir / --shell ${sbindir}/nologin --user-group"
USERADD_PARAM:${PN}-base = " \
    ${TANDEM_ACCOUNT} --comment 'Tandem, the buses of the car' tandem-vehicle; \
    ${TANDEM_ACCOUNT} --comment 'Tandem, music and cameras' tandem-media; \
    ${TANDEM_ACCOUNT} --comment 'Tandem, phones' tandem-phone-link; \
    ${TANDEM_ACCOUNT} --comment 'Tandem, what people set' tandem-settings; \
    ${TANDEM_ACCOUNT} --comment 'Tandem, how every part is' tandem-lifecycle; \
    ${TANDEM_ACCOUNT} --comment 'Tandem, the instruments' tandem-cluster; \
    ${TANDEM_ACCOUNT} --comment 'Tandem, the centre display' tandem-centre \
"

SUMMARY:${PN}-cars = "Cars, regions and the signal catalogue"
LICENSE:${PN}-cars = "MIT | Apache-2.0"
FILES:${PN}-cars = " \
    ${datadir}/tandem/cars \
    ${datadir}/tandem/regions \
    ${datadir}/tandem/vss \
"

SUMMARY:${PN}-vehicle = "The car's buses, as VSS signals on D-Bus"
LICENSE:${PN}-vehicle = "MIT | Apache-2.0"
FILES:${PN}-vehicle = " \
    ${bindir}/tandem-vehicle \
    ${datadir}/dbus-1/system.d/tandem-vehicle.conf \
    ${nonarch_libdir}/sysctl.d/50-tandem-vehicle.conf \
    ${sysconfdir}/tandem/vehicle.env \
    ${systemd_unitdir}/network/80-tandem-can.network \
    ${systemd_unitdir}/network/80-tandem-canfd.network \
"
CONFFILES:${PN}-vehicle = "${sysconfdir}/tandem/vehicle.env"
RDEPENDS:${PN}-vehicle = "${PN}-base ${PN}-cars"
SYSTEMD_SERVICE:${PN}-vehicle = "tandem-vehicle.service"

SUMMARY:${PN}-settings = "What people set, on the disk before it is in force"
LICENSE:${PN}-settings = "MIT | Apache-2.0"
FILES:${PN}-settings = " \
    ${bindir}/tandem-settings \
    ${datadir}/dbus-1/system.d/tandem-settings.conf \
"
RDEPENDS:${PN}-settings = "${PN}-base"
SYSTEMD_SERVICE:${PN}-settings = "tandem-settings.service"

SUMMARY:${PN}-lifecycle = "How every part is, and what to do about what is not well"
LICENSE:${PN}-lifecycle = "MIT | Apache-2.0"
FILES:${PN}-lifecycle = " \
    ${bindir}/tandem-lifecycle \
    ${datadir}/dbus-1/system.d/tandem-lifecycle.conf \
    ${sysconfdir}/tandem/lifecycle.env \
"
CONFFILES:${PN}-lifecycle = "${sysconfdir}/tandem/lifecycle.env"
RDEPENDS:${PN}-lifecycle = "${PN}-base"
SYSTEMD_SERVICE:${PN}-lifecycle = "tandem-lifecycle.service"

SUMMARY:${PN}-media = "Music, radio, podcasts and cameras"
LICENSE:${PN}-media = "MIT | Apache-2.0"
FILES:${PN}-media = " \
    ${bindir}/tandem-camera \
    ${bindir}/tandem-media \
    ${bindir}/tandem-player \
    ${datadir}/dbus-1/system.d/tandem-media.conf \
    ${nonarch_libdir}/udev/rules.d/90-tandem-sticks.rules \
    ${sysconfdir}/tandem/media.env \
    ${systemd_system_unitdir}/tandem-media.service.d \
"
CONFFILES:${PN}-media = "${sysconfdir}/tandem/media.env"
# The plugins of the elements in media/player/src/registry.rs.
RDEPENDS:${PN}-media = " \
    ${PN}-base \
    gstreamer1.0 \
    gstreamer1.0-pipewire \
    gstreamer1.0-plugins-base-audioconvert \
    gstreamer1.0-plugins-base-audioresample \
    gstreamer1.0-plugins-base-ogg \
    gstreamer1.0-plugins-base-opus \
    gstreamer1.0-plugins-base-playback \
    gstreamer1.0-plugins-base-typefindfunctions \
    gstreamer1.0-plugins-base-videoconvertscale \
    gstreamer1.0-plugins-base-videorate \
    gstreamer1.0-plugins-base-videotestsrc \
    gstreamer1.0-plugins-base-volume \
    gstreamer1.0-plugins-base-vorbis \
    gstreamer1.0-plugins-good-adaptivedemux2 \
    gstreamer1.0-plugins-good-apetag \
    gstreamer1.0-plugins-good-audiofx \
    gstreamer1.0-plugins-good-audioparsers \
    gstreamer1.0-plugins-good-flac \
    gstreamer1.0-plugins-good-icydemux \
    gstreamer1.0-plugins-good-id3demux \
    gstreamer1.0-plugins-good-isomp4 \
    gstreamer1.0-plugins-good-jpeg \
    gstreamer1.0-plugins-good-mpg123 \
    gstreamer1.0-plugins-good-replaygain \
    gstreamer1.0-plugins-good-soup \
    gstreamer1.0-plugins-good-video4linux2 \
    gstreamer1.0-plugins-good-videofilter \
    gstreamer1.0-plugins-good-wavparse \
"
# AAC, for a maker who has accepted its licence flag.
RRECOMMENDS:${PN}-media = "${@bb.utils.contains('LICENSE_FLAGS_ACCEPTED', 'commercial', 'gstreamer1.0-libav', '', d)}"
SYSTEMD_SERVICE:${PN}-media = "tandem-media.service"

SUMMARY:${PN}-phone-link = "Phones, by KDE Connect and oFono"
LICENSE:${PN}-phone-link = "MIT | Apache-2.0"
FILES:${PN}-phone-link = " \
    ${bindir}/tandem-phone-link \
    ${datadir}/dbus-1/system.d/tandem-phone-link.conf \
    ${sysconfdir}/tandem/phone-link.env \
"
CONFFILES:${PN}-phone-link = "${sysconfdir}/tandem/phone-link.env"
RDEPENDS:${PN}-phone-link = "${PN}-base"
RRECOMMENDS:${PN}-phone-link = "ofono"
SYSTEMD_SERVICE:${PN}-phone-link = "tandem-phone-link.service"

SUMMARY:${PN}-cluster = "The instruments"
LICENSE:${PN}-cluster = "GPL-3.0-only"
FILES:${PN}-cluster = " \
    ${bindir}/tandem-cluster \
    ${datadir}/dbus-1/system.d/tandem-cluster.conf \
    ${sysconfdir}/tandem/cluster.env \
"
CONFFILES:${PN}-cluster = "${sysconfdir}/tandem/cluster.env"
RDEPENDS:${PN}-cluster = "${PN}-base fonts-inter fonts-noto-cjk"
SYSTEMD_SERVICE:${PN}-cluster = "tandem-cluster.service"

SUMMARY:${PN}-centre = "The centre display"
LICENSE:${PN}-centre = "GPL-3.0-only"
FILES:${PN}-centre = " \
    ${bindir}/tandem-centre \
    ${datadir}/dbus-1/system.d/tandem-centre.conf \
    ${sysconfdir}/tandem/centre.env \
"
CONFFILES:${PN}-centre = "${sysconfdir}/tandem/centre.env"
RDEPENDS:${PN}-centre = "${PN}-base fonts-inter fonts-noto-cjk"
SYSTEMD_SERVICE:${PN}-centre = "tandem-centre.service"

SUMMARY:${PN}-cli = "The command line, for root and for people of the group tandem"
LICENSE:${PN}-cli = "MIT | Apache-2.0"
FILES:${PN}-cli = " \
    ${bindir}/tandem \
    ${datadir}/dbus-1/system.d/tandem-person.conf \
    ${datadir}/dbus-1/system.d/tandem-root.conf \
"
RDEPENDS:${PN}-cli = "${PN}-base ${PN}-cars"

SUMMARY:${PN}-simulator = "The virtual car and the phone in it: for a bench, never for a car"
LICENSE:${PN}-simulator = "MIT | Apache-2.0"
FILES:${PN}-simulator = " \
    ${bindir}/tandem-phone-sim \
    ${bindir}/tandem-sim \
    ${datadir}/tandem/music \
    ${datadir}/tandem/phones \
"
RDEPENDS:${PN}-simulator = "${PN}-cars"

SUMMARY:${PN}-panel = "The virtual car's panel"
LICENSE:${PN}-panel = "GPL-3.0-only"
FILES:${PN}-panel = "${bindir}/tandem-panel"
RDEPENDS:${PN}-panel = "${PN}-simulator fonts-inter fonts-noto-cjk"
