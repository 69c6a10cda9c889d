require recipes-kernel/linux/linux-can.inc
