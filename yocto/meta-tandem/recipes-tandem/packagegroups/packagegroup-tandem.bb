SUMMARY = "All that a car with Tandem runs"
DESCRIPTION = "The services and both screens, with the sound server, hands-free telephony and the letters that they need."

inherit packagegroup

PACKAGES = "${PN} ${PN}-bench"

RDEPENDS:${PN} = " \
    fonts-inter \
    fonts-noto-cjk \
    ofono \
    pipewire \
    pipewire-pulse \
    tandem-centre \
    tandem-cli \
    tandem-cluster \
    tandem-lifecycle \
    tandem-media \
    tandem-phone-link \
    tandem-settings \
    tandem-vehicle \
    wireplumber \
"

SUMMARY:${PN}-bench = "What a desk wants beside it: the virtual car, its panel, and tools for CAN"
RDEPENDS:${PN}-bench = " \
    can-utils \
    iproute2 \
    tandem-panel \
    tandem-simulator \
"
