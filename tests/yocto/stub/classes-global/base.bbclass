base_do_configure() {
    :
}
base_do_compile() {
    :
}
base_do_install() {
    :
}
EXPORT_FUNCTIONS do_configure do_compile do_install
addtask install
addtask build
do_build() {
    :
}
bbfatal() {
    echo "$1" >&2
    exit 1
}
